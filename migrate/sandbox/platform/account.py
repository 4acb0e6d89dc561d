"""The account, its rate limit, its tokens, and second factors that are given in advance."""

from __future__ import annotations

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.platform import access, rate_limit, shapes
from migrate.sandbox.platform.identities import sandbox_of
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.platform.transport import body_of
from migrate.sandbox.world import Authorization

routes = web.RouteTableDef()


@routes.get("/account")
async def show(request: web.Request) -> web.Response:
    """Answer who owns the token."""
    return web.json_response(shapes.account(access.caller_of(request).account))


@routes.get("/account/rate-limits")
async def rate_limits(request: web.Request) -> web.Response:
    """Answer how many requests are left; asking is free."""
    remaining = rate_limit.of(request).remaining(sandbox_of(request).world.settings)
    return web.json_response({"remaining": remaining})


@routes.get("/oauth/authorizations")
async def authorizations(request: web.Request) -> web.Response:
    """Answer the tokens of the account."""
    return listing(request, [shapes.authorization(item) for item in _own(request)], "id")


@routes.post("/oauth/authorizations")
async def authorize(request: web.Request) -> web.Response:
    """Make a token with a scope."""
    body, account = await body_of(request), access.caller_of(request).account
    scope = body.get("scope") or ["global"]
    if not isinstance(scope, list) or not set(scope) <= access.SCOPES:
        raise refusals.invalid(f"Scope must be of {', '.join(sorted(access.SCOPES))}.")
    made = Authorization(account=account, scope=tuple(scope), description=str(body.get("description") or ""))
    sandbox_of(request).world.authorizations[made.token] = made
    return web.json_response(shapes.authorization(made), status=201)


@routes.delete("/oauth/authorizations/{authorization}")
async def revoke(request: web.Request) -> web.Response:
    """End a token."""
    wanted = request.match_info["authorization"]
    found = next((item for item in _own(request) if wanted in {item.id, item.token}), None)
    if found is None:
        raise refusals.not_found("authorization", "authorization")
    del sandbox_of(request).world.authorizations[found.token]
    return web.json_response(shapes.authorization(found))


@routes.put("/apps/{app}/pre-authorizations")
async def authorize_beforehand(request: web.Request) -> web.Response:
    """Take a second factor for an app once, so that further requests about it need none for a while."""
    account, world = access.caller_of(request).account, sandbox_of(request).world
    if request.headers.get("Heroku-Two-Factor-Code") != access.SECOND_FACTOR:
        raise refusals.Refused(403, "two_factor", "Two factor code invalid.")
    wanted = request.match_info["app"]
    account.authorized_apps |= {app.id for app in world.apps.values() if wanted in {app.id, app.name}}
    return web.json_response({})


def _own(request: web.Request) -> list[Authorization]:
    account = access.caller_of(request).account
    return [item for item in sandbox_of(request).world.authorizations.values() if item.account is account]
