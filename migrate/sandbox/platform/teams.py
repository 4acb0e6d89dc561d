"""Teams, spaces and pipelines: the sandbox answers for an account that has none."""

from __future__ import annotations

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.platform.ranges import listing

routes = web.RouteTableDef()


@routes.get("/teams")
@routes.get("/spaces")
@routes.get("/pipelines")
async def index(request: web.Request) -> web.Response:
    """Answer an empty list."""
    return listing(request, [], "name", "id")


@routes.get(r"/{kind:teams|spaces|pipelines}/{name}{rest:.*}")
async def show(request: web.Request) -> web.Response:
    """Answer 404."""
    kind = request.match_info["kind"].removesuffix("s")
    raise refusals.not_found(kind, kind)
