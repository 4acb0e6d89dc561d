"""Sources: places for tarballs, whose addresses are their own secret, as signed ones at Heroku."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.platform.identities import app_of, sandbox_of
from migrate.sandbox.urls import URLS

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.sandbox.world import Source

routes = web.RouteTableDef()
_CHUNK = 65536


@routes.post("/sources")
async def create(request: web.Request) -> web.Response:
    """Answer where to put a tarball, and where to get it."""
    return _created(request)


@routes.post("/apps/{app}/sources")
async def create_for_app(request: web.Request) -> web.Response:
    """Answer as /sources does, which Heroku prefers by now."""
    app_of(request)
    return _created(request)


@routes.put("/source-blobs/{source}")
async def put(request: web.Request) -> web.Response:
    """Take a tarball."""
    source = _source(request)
    await receive(request, source.archive)
    source.touch()
    return web.Response()


@routes.get("/source-blobs/{source}")
async def get(request: web.Request) -> web.StreamResponse:
    """Answer the tarball."""
    archive = _source(request).archive
    if not archive.exists():
        raise refusals.not_found("source", "source")
    return web.FileResponse(archive)


async def receive(request: web.Request, archive: Path) -> None:
    """Write the body of a request to a file, which is there when all of it has come."""
    partial = archive.with_suffix(".partial")
    with partial.open("wb") as stream:
        async for chunk in request.content.iter_chunked(_CHUNK):
            stream.write(chunk)
    partial.rename(archive)


def url_of(request: web.Request, source: Source) -> str:
    """Return the address of a source, with its key in the query: a path gets into the journal."""
    return f"{request.app[URLS].api}/source-blobs/{source.id}?key={source.key}"


def find_source(request: web.Request, url: object) -> Source:
    """Given an address, return the source that it is of; nothing is ever fetched from elsewhere."""
    sources = sandbox_of(request).world.sources.values()
    found = next((source for source in sources if url == url_of(request, source)), None)
    if found is None:
        raise refusals.invalid("Only what was put at a source of this sandbox can be built: POST /sources.")
    return found


def _created(request: web.Request) -> web.Response:
    url = url_of(request, sandbox_of(request).builds.new_source())
    return web.json_response({"source_blob": {"get_url": url, "put_url": url}}, status=201)


def _source(request: web.Request) -> Source:
    source = sandbox_of(request).world.sources.get(request.match_info["source"])
    if source is None or not secrets.compare_digest(source.key, request.query.get("key", "")):
        raise refusals.not_found("source", "source")
    return source
