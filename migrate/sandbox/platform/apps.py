"""Apps, their features, collaborators and pipeline."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.platform import shapes
from migrate.sandbox.platform.identities import app_of, apps_of, sandbox_of
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.platform.transport import body_of
from migrate.sandbox.ports import LOOPBACK
from migrate.sandbox.urls import URLS
from migrate.sandbox.world import App, fixed_id

routes = web.RouteTableDef()
_FEATURES = {"preboot": "Provide seamless web dyno deploys", "runtime-dyno-metadata": "Dyno Metadata"}


@routes.get("/apps")
async def index(request: web.Request) -> web.Response:
    """Answer all apps."""
    apps = [_document(request, app) for app in apps_of(request)]
    return listing(request, apps, "name", "id", "updated_at")


@routes.get("/apps/{app}")
async def show(request: web.Request) -> web.Response:
    """Answer an app."""
    return web.json_response(_document(request, app_of(request)))


@routes.patch("/apps/{app}")
async def update(request: web.Request) -> web.Response:
    """Switch maintenance mode; makes no release."""
    app, body = app_of(request), await body_of(request)
    if "maintenance" in body:
        if not isinstance(body["maintenance"], bool):
            raise refusals.invalid("Maintenance must be true or false.")
        app.maintenance = body["maintenance"]
        app.touch()
    return web.json_response(_document(request, app))


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


@routes.get("/apps/{app}/collaborators")
async def collaborators(request: web.Request) -> web.Response:
    """Answer who works on the app."""
    app = app_of(request)
    people = [shapes.collaborator(app, account) for account in (app.owner, *app.collaborators)]
    return listing(request, people, "id")


@routes.get("/apps/{app}/pipeline-couplings")
async def pipeline_coupling(request: web.Request) -> web.Response:
    """Answer 404: no app is in a pipeline."""
    app_of(request)
    raise refusals.not_found("pipeline coupling", "pipeline_coupling")


def web_url(request: web.Request, app: App) -> str:
    """Return where the router serves an app."""
    main, router = sandbox_of(request).world.main_app, request.app[URLS].router
    own = router if app is main else router.replace(LOOPBACK, f"{app.name}.localhost")
    return f"{own}/"


def _document(request: web.Request, app: App) -> dict[str, Any]:
    return shapes.app(app, web_url(request, app), f"{request.app[URLS].api}/{app.name}.git")


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
        "feedback_email": None,
        "id": fixed_id("features", name),
        "name": name,
        "state": "general",
    }
