"""Apps, their collaborators and pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from migrate.sandbox import app_names, refusals
from migrate.sandbox.platform import access, shapes
from migrate.sandbox.platform.identities import app_of, apps_of, named, sandbox_of
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.platform.transport import body_of
from migrate.sandbox.ports import LOOPBACK
from migrate.sandbox.urls import URLS

if TYPE_CHECKING:
    from migrate.sandbox.world import App

routes = web.RouteTableDef()
_REGIONS = ("us", "eu")
_STACKS = ("heroku-24", "heroku-22")


@routes.get("/apps")
async def index(request: web.Request) -> web.Response:
    """Answer all apps."""
    return _listing(request)


@routes.get("/users/{user}/apps")
async def index_of_user(request: web.Request) -> web.Response:
    """Answer the apps that an account owns or works on; `~` is the caller, and only itself can be asked for."""
    account = access.caller_of(request).account
    if request.match_info["user"] not in {"~", account.email, account.id}:
        raise refusals.not_found("user", "user")
    return _listing(request)


@routes.post("/apps")
async def create(request: web.Request) -> web.Response:
    """Make an app without code; it has no dynos until something is deployed."""
    sandbox, body = sandbox_of(request), await body_of(request)
    region, stack = named(body.get("region")) or _REGIONS[0], named(body.get("stack")) or _STACKS[0]
    if region not in _REGIONS or stack not in _STACKS:
        raise refusals.invalid(f"Region must be of {', '.join(_REGIONS)}, stack of {', '.join(_STACKS)}.")
    name = app_names.checked(body.get("name"), sandbox.world.apps)
    app = sandbox.add_app(name, access.caller_of(request).account)
    app.region, app.stack = region, stack
    return web.json_response(_document(request, app), status=201)


@routes.delete("/apps/{app}")
async def destroy(request: web.Request) -> web.Response:
    """Remove an app with its dynos and add-ons; the one that the sandbox was made for stays."""
    app, sandbox = app_of(request), sandbox_of(request)
    if app is sandbox.world.main_app:
        raise refusals.invalid(f"{app.name} is what this sandbox was made for: migrate-plan sandbox down ends both.")
    await sandbox.remove_app(app)
    return web.json_response(_document(request, app))


@routes.get("/apps/{app}")
async def show(request: web.Request) -> web.Response:
    """Answer an app."""
    return web.json_response(_document(request, app_of(request)))


@routes.patch("/apps/{app}")
async def update(request: web.Request) -> web.Response:
    """Switch maintenance mode; makes no release."""
    app, body = app_of(request), await body_of(request)
    if unknown := sorted(body.keys() - {"maintenance"}):
        raise refusals.invalid(f"The sandbox cannot change the {', '.join(unknown)} of an app.")
    if "maintenance" in body:
        if not isinstance(body["maintenance"], bool):
            raise refusals.invalid("Maintenance must be true or false.")
        app.maintenance = body["maintenance"]
        app.touch()
    return web.json_response(_document(request, app))


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


def _listing(request: web.Request) -> web.Response:
    apps = [_document(request, app) for app in apps_of(request)]
    return listing(request, apps, "name", "id", "updated_at")


def _document(request: web.Request, app: App) -> dict[str, Any]:
    return shapes.app(app, web_url(request, app), f"{request.app[URLS].api}/{app.name}.git")
