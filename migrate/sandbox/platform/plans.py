"""The add-on service and its plans; both are public."""

from __future__ import annotations

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.partner.cloudamqp import SERVICE
from migrate.sandbox.platform import shapes
from migrate.sandbox.platform.identities import sandbox_of
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.world import fixed_id

routes = web.RouteTableDef()


@routes.get("/addon-services")
async def index_services(request: web.Request) -> web.Response:
    """Answer the add-on services: the sandbox knows one."""
    return listing(request, [shapes.service(sandbox_of(request).world)], "name", "id")


@routes.get("/addon-services/{service}")
async def show_service(request: web.Request) -> web.Response:
    """Answer the add-on service."""
    _check_service(request)
    return web.json_response(shapes.service(sandbox_of(request).world))


@routes.get("/addon-services/{service}/plans")
async def index(request: web.Request) -> web.Response:
    """Answer the plans with their prices."""
    _check_service(request)
    plans = [shapes.plan(spec) for spec in sandbox_of(request).world.settings.plans]
    return listing(request, plans, "name", "id")


@routes.get("/addon-services/{service}/plans/{plan}")
async def show(request: web.Request) -> web.Response:
    """Answer one plan by id or name."""
    _check_service(request)
    wanted = request.match_info["plan"]
    for spec in sandbox_of(request).world.settings.plans:
        if wanted in {spec.name, f"{SERVICE}:{spec.name}", shapes.plan_id(spec)}:
            return web.json_response(shapes.plan(spec))
    raise refusals.not_found("plan", "plan")


def _check_service(request: web.Request) -> None:
    if request.match_info["service"] not in {SERVICE, fixed_id("addon-services", SERVICE)}:
        raise refusals.not_found("add-on service", "addon_service")
