"""Add-ons: list, show, order, change plan, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.platform import shapes
from migrate.sandbox.platform.identities import (
    addons_of,
    app_of,
    attachments_of,
    find_addon,
    find_app,
    is_visible,
    named,
    sandbox_of,
)
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.platform.transport import body_of

if TYPE_CHECKING:
    from migrate.sandbox.partner.plans import PlanSpec
    from migrate.sandbox.world import AddOn

routes = web.RouteTableDef()


@routes.get("/addons")
async def index_all(request: web.Request) -> web.Response:
    """Answer the add-ons of all apps."""
    return listing(request, [_document(request, item) for item in addons_of(request)], "name", "id")


@routes.get("/apps/{app}/addons")
async def index(request: web.Request) -> web.Response:
    """Answer the add-ons of an app: also those billed to another app and attached to this one."""
    app, sandbox = app_of(request), sandbox_of(request)
    addons = [item for item in sandbox.world.addons.values() if is_visible(sandbox, item, app)]
    return listing(request, [_document(request, item) for item in addons], "name", "id")


@routes.get("/addons/{addon}")
@routes.get("/apps/{app}/addons/{addon}")
async def show(request: web.Request) -> web.Response:
    """Answer an add-on."""
    return web.json_response(_document(request, _addon(request)))


@routes.get("/addons/{addon}/config")
async def config(request: web.Request) -> web.Response:
    """Answer the partner's values, ready as soon as the add-on is provisioned."""
    addon = _addon(request)
    values = {"URL": addon.credentials.url, "APIKEY": addon.credentials.api_key}
    ready = addon.state == "provisioned"
    return web.json_response([{"name": key, "value": value} for key, value in values.items() if ready])


@routes.post("/apps/{app}/addons")
async def create(request: web.Request) -> web.Response:
    """Order an add-on."""
    app, body, sandbox = app_of(request), await body_of(request), sandbox_of(request)
    attachment = named(body.get("attachment"))
    addon = await sandbox.addons.create(
        app,
        _plan(request, body.get("plan")),
        name=body.get("name"),
        attachment=attachment,
        confirm=body.get("confirm"),
    )
    return web.json_response(_document(request, addon), status=201)


@routes.patch("/apps/{app}/addons/{addon}")
async def update(request: web.Request) -> web.Response:
    """Change the plan in place, if the partner allows it."""
    addon, body, sandbox = _addon(request), await body_of(request), sandbox_of(request)
    await sandbox.addons.change_plan(addon, _plan(request, body.get("plan")))
    return web.json_response(_document(request, addon))


@routes.delete("/apps/{app}/addons/{addon}")
async def destroy(request: web.Request) -> web.Response:
    """Remove an add-on; 202 while the partner is still at it."""
    addon, body, sandbox = _addon(request), await body_of(request), sandbox_of(request)
    if addon.app is not app_of(request):
        raise refusals.Refused(403, "forbidden", f"{addon.name} is billed to {addon.app.name}.")
    await sandbox.addons.destroy(addon, force=bool(body.get("force")))
    status = 202 if addon.state == "deprovisioning" else 200
    return web.json_response(_document(request, addon), status=status)


@routes.post("/actions/addons/resolve")
async def resolve(request: web.Request) -> web.Response:
    """Answer the add-ons that a name may mean: by id, name, or attachment name (of one app)."""
    body = await body_of(request)
    wanted, app = named(body.get("addon")) or "", named(body.get("app"))
    wanted = wanted.rpartition("::")[2]
    if app is not None:
        found = [find_addon(request, wanted, find_app(request, app))]
    else:
        aliases = {item.addon.id for item in attachments_of(request) if item.name == wanted}
        found = [item for item in addons_of(request) if wanted in {item.name, item.id} or item.id in aliases]
    if not found:
        raise refusals.not_found("add-on", "add_on")
    return web.json_response([_document(request, item) for item in found])


def _addon(request: web.Request) -> AddOn:
    app = app_of(request) if "app" in request.match_info else None
    return find_addon(request, request.match_info["addon"], app)


def _plan(request: web.Request, given: object) -> PlanSpec:
    sandbox, name = sandbox_of(request), named(given)
    if name is None:
        raise refusals.invalid("Plan is required.")
    by_id = {shapes.plan_id(spec): spec.name for spec in sandbox.world.settings.plans}
    default = {"cloudamqp": "cloudamqp:lemur"}
    return sandbox.addons.plan((by_id | default).get(name, name))


def _document(request: web.Request, addon: AddOn) -> dict[str, object]:
    expansion = request.headers.get("Accept-Expansion", "")
    return shapes.addon(addon, sandbox_of(request).world, expansion.replace(" ", ""))
