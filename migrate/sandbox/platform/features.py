"""Features that an app can have switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.platform import shapes
from migrate.sandbox.platform.identities import app_of
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.platform.transport import body_of
from migrate.sandbox.world import fixed_id

if TYPE_CHECKING:
    from migrate.sandbox.world import App

routes = web.RouteTableDef()
_FEATURES = {"preboot": "Provide seamless web dyno deploys", "runtime-dyno-metadata": "Dyno Metadata"}


@routes.get("/apps/{app}/features")
async def features(request: web.Request) -> web.Response:
    """Answer the features of an app."""
    app = app_of(request)
    return listing(request, [_feature(app, name) for name in _FEATURES], "name", "id")


@routes.get("/apps/{app}/features/{feature}")
async def feature(request: web.Request) -> web.Response:
    """Answer one feature."""
    return web.json_response(_feature(app_of(request), _feature_name(request)))


@routes.patch("/apps/{app}/features/{feature}")
async def switch_feature(request: web.Request) -> web.Response:
    """Switch a feature; restarts nothing (https://devcenter.heroku.com/articles/preboot)."""
    app, name, body = app_of(request), _feature_name(request), await body_of(request)
    if not isinstance(body.get("enabled"), bool):
        raise refusals.invalid("Enabled must be true or false.")
    app.features[name] = body["enabled"]
    return web.json_response(_feature(app, name))


def _feature_name(request: web.Request) -> str:
    name = request.match_info["feature"]
    for known in _FEATURES:
        if name in {known, fixed_id("features", known)}:
            return known
    raise refusals.not_found("app feature", "app_feature")


def _feature(app: App, name: str) -> dict[str, Any]:
    return shapes.times(app) | {
        "description": _FEATURES[name],
        "display_name": name,
        "doc_url": f"https://devcenter.heroku.com/articles/{name}",
        "enabled": app.features.get(name, False),
        "feedback_email": "feedback@heroku.com",
        "id": fixed_id("features", name),
        "name": name,
        "state": "general",
    }
