"""Builds: start, list, show, cancel, and follow their output; slugs, which they make."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from migrate.sandbox import refusals
from migrate.sandbox.builds.output import follow
from migrate.sandbox.platform import access, shapes
from migrate.sandbox.platform.identities import app_of, find_build, find_slug, sandbox_of
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.platform.sources import find_source
from migrate.sandbox.platform.transport import body_of
from migrate.sandbox.urls import URLS
from migrate.sandbox.world import SourceBlob

if TYPE_CHECKING:
    from migrate.sandbox.world import Build

routes = web.RouteTableDef()
_BLOB_FIELDS = [field.name for field in dataclasses.fields(SourceBlob)]


@routes.get("/apps/{app}/builds")
async def index(request: web.Request) -> web.Response:
    """Answer the builds, oldest first."""
    documents = [_document(request, build) for build in app_of(request).builds.values()]
    return listing(request, documents, "created_at", "id")


@routes.get("/apps/{app}/builds/{build}")
async def show(request: web.Request) -> web.Response:
    """Answer one build."""
    return web.json_response(_document(request, find_build(app_of(request), request.match_info["build"])))


@routes.post("/apps/{app}/builds")
async def create(request: web.Request) -> web.Response:
    """Build and release what was put at a source."""
    app, blob = app_of(request), _blob((await body_of(request)).get("source_blob"))
    source = find_source(request, blob.url)
    build = sandbox_of(request).builds.start(app, access.caller_of(request).account, source, blob)
    return web.json_response(_document(request, build), status=201)


@routes.delete("/apps/{app}/builds/{build}")
async def cancel(request: web.Request) -> web.Response:
    """Cancel a build that is not over."""
    build = find_build(app_of(request), request.match_info["build"])
    if build.is_over:
        raise refusals.invalid("The build is over.")
    await sandbox_of(request).builds.cancel(build)
    return web.json_response(_document(request, build))


@routes.get("/build-output/{app}/{build}")
async def output(request: web.Request) -> web.StreamResponse:
    """Answer what a build prints, until it is over. The id is the secret."""
    app = sandbox_of(request).world.apps.get(request.match_info["app"])
    build = app.builds.get(request.match_info["build"]) if app else None
    if build is None:
        raise refusals.not_found("build output")
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/plain; charset=utf-8"})
    await response.prepare(request)
    async for written in follow(build.log, lambda: build.is_over):
        await response.write(written)
    return response


@routes.get("/apps/{app}/slugs/{slug}")
async def show_slug(request: web.Request) -> web.Response:
    """Answer a slug."""
    return web.json_response(shapes.slug(find_slug(app_of(request), request.match_info["slug"])))


def _document(request: web.Request, build: Build) -> dict[str, Any]:
    return shapes.build(build, f"{request.app[URLS].api}/build-output/{build.app.name}/{build.id}")


def _blob(given: object) -> SourceBlob:
    if not isinstance(given, dict) or not isinstance(given.get("url"), str):
        raise refusals.invalid("source_blob.url is required.")
    values = {name: given[name] for name in _BLOB_FIELDS if given.get(name) is not None}
    if not all(isinstance(value, str) for value in values.values()):
        raise refusals.invalid(f"Of source_blob must be strings: {', '.join(_BLOB_FIELDS)}.")
    return SourceBlob(**values)
