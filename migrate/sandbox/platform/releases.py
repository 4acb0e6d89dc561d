"""Releases: list, show, make one of the same slug, roll back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from migrate.sandbox import refusals
from migrate.sandbox.builds.output import follow
from migrate.sandbox.platform import shapes
from migrate.sandbox.platform.identities import app_of, find_release, find_slug, named, sandbox_of
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.platform.transport import body_of
from migrate.sandbox.urls import URLS

if TYPE_CHECKING:
    from migrate.sandbox.releases import Change
    from migrate.sandbox.sandbox import Sandbox
    from migrate.sandbox.world import App, Release

routes = web.RouteTableDef()


@routes.get("/apps/{app}/releases")
async def index(request: web.Request) -> web.Response:
    """Answer the releases, oldest first unless the Range header says otherwise."""
    documents = [document(request, release) for release in app_of(request).releases]
    return listing(request, documents, "version", "id")


@routes.get("/apps/{app}/releases/{release}")
async def show(request: web.Request) -> web.Response:
    """Answer a release by id or version."""
    return web.json_response(document(request, find_release(app_of(request), request.match_info["release"])))


@routes.post("/apps/{app}/releases")
async def create(request: web.Request) -> web.Response:
    """Release the slug again (`slug`), or roll back (`release`)."""
    app, body, releases = app_of(request), await body_of(request), sandbox_of(request).releases
    if (target := named(body.get("release"))) is not None:
        old = find_release(app, target)
        if old.status != "succeeded":
            raise refusals.invalid(f"v{old.version} is not eligible for rollback.")
        back = _way_back(sandbox_of(request), app, old)
        made = releases.create(app, f"Rollback to v{old.version}", back, slug=old.slug)
    elif (wanted := named(body.get("slug"))) is not None:
        slug = find_slug(app, wanted)
        made = releases.create(app, str(body.get("description") or f"Deploy {slug.id[:8]}"), slug=slug)
    else:
        raise refusals.invalid("A slug or a release is required.")
    return web.json_response(document(request, made), status=201)


@routes.get("/release-output/{app}/{release}")
async def output(request: web.Request) -> web.StreamResponse:
    """Answer what the release phase prints, until it ends; 404 until it starts. The id is the secret."""
    app = sandbox_of(request).world.apps.get(request.match_info["app"])
    release = next((item for item in app.releases if item.id == request.match_info["release"]), None) if app else None
    if release is None or release.output_log is None or not release.output_log.exists():
        raise refusals.not_found("release output")
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/plain; charset=utf-8"})
    await response.prepare(request)
    async for printed in follow(release.output_log, lambda: release.status != "pending"):
        await response.write(printed)
    return response


def document(request: web.Request, release: Release) -> dict[str, Any]:
    """Return a release as JSON, with the address of its output."""
    return shapes.release(release, f"{request.app[URLS].api}/release-output/{release.app.name}/{release.id}")


def _way_back(sandbox: Sandbox, app: App, old: Release) -> Change:
    """Return the change that restores a release's config but for what add-ons set now or set then."""
    attached = sandbox.world.attached_variables(app)
    gone = dict.fromkeys(name for name in app.requested if name not in old.config)
    change: Change = {**gone, **old.config}
    return {name: value for name, value in change.items() if name not in attached}
