"""Add-on attachments."""

from __future__ import annotations

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.platform import shapes
from migrate.sandbox.platform.identities import (
    app_of,
    attachments_of,
    find_addon,
    find_app,
    find_attachment,
    named,
    sandbox_of,
)
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.platform.transport import body_of

routes = web.RouteTableDef()


@routes.get("/addon-attachments")
async def index_all(request: web.Request) -> web.Response:
    """Answer the attachments on all apps."""
    return listing(request, [shapes.attachment(item) for item in attachments_of(request)], "id", "name")


@routes.get("/addons/{addon}/addon-attachments")
async def index_of_addon(request: web.Request) -> web.Response:
    """Answer the attachments to one add-on, on all apps."""
    items = sandbox_of(request).world.attachments_to(find_addon(request, request.match_info["addon"]))
    return listing(request, [shapes.attachment(item) for item in items], "id", "name")


@routes.get("/apps/{app}/addon-attachments")
async def index_of_app(request: web.Request) -> web.Response:
    """Answer the attachments on one app."""
    items = sandbox_of(request).world.attachments_of(app_of(request))
    return listing(request, [shapes.attachment(item) for item in items], "id", "name")


@routes.get("/addon-attachments/{attachment}")
@routes.get("/apps/{app}/addon-attachments/{attachment}")
async def show(request: web.Request) -> web.Response:
    """Answer one attachment: by id, or on an app also by name."""
    app = app_of(request) if "app" in request.match_info else None
    found = find_attachment(request, request.match_info["attachment"], app)
    return web.json_response(shapes.attachment(found))


@routes.post("/addon-attachments")
async def create(request: web.Request) -> web.Response:
    """Attach an add-on to an app. A name in use needs `confirm`, and is detached before."""
    sandbox, body = sandbox_of(request), await body_of(request)
    app = find_app(request, named(body.get("app")) or "")
    addon = find_addon(request, named(body.get("addon")) or "")
    if addon.state not in {"provisioned", "provisioning"}:
        raise refusals.invalid(f"{addon.name} is {addon.state}.")
    attachments = sandbox.attachments
    name = attachments.checked_name(app, addon, named(body.get("name")), named(body.get("confirm")))
    made = attachments.reserve(app, addon, name)
    attachments.announce(made)
    return web.json_response(shapes.attachment(made), status=201)


@routes.delete("/addon-attachments/{attachment}")
async def destroy(request: web.Request) -> web.Response:
    """Detach."""
    found = find_attachment(request, request.match_info["attachment"])
    sandbox_of(request).attachments.detach(found)
    return web.json_response(shapes.attachment(found))


@routes.post("/actions/addon-attachments/resolve")
async def resolve(request: web.Request) -> web.Response:
    """Answer the attachments that a name may mean, on one app or on all."""
    body = await body_of(request)
    wanted = (named(body.get("addon_attachment")) or "").rpartition("::")[2]
    app = find_app(request, named(body.get("app")) or "") if body.get("app") else None
    items = [
        item
        for item in attachments_of(request)
        if wanted in {item.name, item.id} and (app is None or item.app is app)
    ]
    if not items:
        raise refusals.not_found("add-on attachment", "add_on attachment")
    return web.json_response([shapes.attachment(item) for item in items])
