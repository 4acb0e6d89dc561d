"""Account, rate limit and authorizations."""

from __future__ import annotations

from aiohttp import web

from migrate.sandbox.platform import shapes
from migrate.sandbox.platform.identities import sandbox_of
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.platform.transport import RATE_LIMIT

routes = web.RouteTableDef()


@routes.get("/account")
async def show(request: web.Request) -> web.Response:
    """Answer who owns the token."""
    return web.json_response(shapes.account(sandbox_of(request).world.account))


@routes.get("/account/rate-limits")
async def rate_limits(request: web.Request) -> web.Response:
    """Answer how many requests are left; asking is free."""
    remaining = request.app[RATE_LIMIT].remaining(sandbox_of(request).world.settings)
    return web.json_response({"remaining": remaining})


@routes.get("/oauth/authorizations")
async def authorizations(request: web.Request) -> web.Response:
    """Answer the one authorization there is; as on Heroku it carries the token."""
    account = sandbox_of(request).world.account
    document = shapes.times(account) | {
        "access_token": {"expires_in": None, "id": account.id, "token": account.token},
        "client": None,
        "description": "sandbox",
        "grant": None,
        "refresh_token": None,
        "scope": ["global"],
        "session": None,
        "user": {"id": account.id, "email": account.email, "full_name": None},
    }
    return listing(request, [document], "id")
