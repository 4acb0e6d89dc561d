"""The formation: how many dynos of which type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.platform import shapes
from migrate.sandbox.platform.identities import app_of, find_formation, named, sandbox_of
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.platform.transport import body_of
from migrate.sandbox.world import FormationEntry

if TYPE_CHECKING:
    from migrate.sandbox.sandbox import Sandbox
    from migrate.sandbox.world import App

routes = web.RouteTableDef()
_LARGEST = 100


@routes.get("/apps/{app}/formation")
async def index(request: web.Request) -> web.Response:
    """Answer the process types; `release` is among them when there is a release phase."""
    app = app_of(request)
    entries = list(app.formation.values())
    settings = sandbox_of(request).world.settings
    artificial = settings.release_phase_seconds > 0 or settings.release_phase_fails
    if entries and artificial and "release" not in app.formation:
        entries.append(FormationEntry(type="release", command="sandbox release phase", quantity=0))
    return listing(request, [shapes.formation(entry, app) for entry in entries], "type", "id")


@routes.get("/apps/{app}/formation/{type}")
async def show(request: web.Request) -> web.Response:
    """Answer one process type."""
    app = app_of(request)
    return web.json_response(shapes.formation(find_formation(app, request.match_info["type"]), app))


@routes.patch("/apps/{app}/formation")
async def update_many(request: web.Request) -> web.Response:
    """Scale several process types; all of them are checked before the first is changed."""
    app, body = app_of(request), await body_of(request)
    updates = body.get("updates")
    if not isinstance(updates, list) or not all(isinstance(item, dict) for item in updates):
        raise refusals.invalid("Updates must be a list.")
    return web.json_response(_apply(sandbox_of(request), app, updates))


@routes.patch("/apps/{app}/formation/{type}")
async def update(request: web.Request) -> web.Response:
    """Scale one process type."""
    app, body = app_of(request), await body_of(request)
    changed = _apply(sandbox_of(request), app, [body | {"type": request.match_info["type"]}])
    return web.json_response(changed[0])


def _apply(sandbox: Sandbox, app: App, updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = [(entry := find_formation(app, str(item.get("type"))), _quantity(entry, item)) for item in updates]
    for (entry, quantity), item in zip(wanted, updates, strict=True):
        size = named(item.get("dyno_size")) or named(item.get("size"))
        entry.size = size or entry.size
        sandbox.supervisor.scale(app, entry.type, quantity)
    return [shapes.formation(entry, app) for entry, _ in wanted]


def _quantity(entry: FormationEntry, update: dict[str, Any]) -> int:
    """Return the quantity asked for: a number, or text as the CLI sends it, `+1` and `-1` included."""
    given = update.get("quantity", entry.quantity)
    try:
        quantity = int(given)
    except (TypeError, ValueError) as error:
        raise refusals.invalid(f"Quantity {given!r} is not a number.") from error
    if isinstance(given, str) and given[:1] in {"+", "-"}:
        quantity += entry.quantity
    if not 0 <= quantity <= _LARGEST:
        raise refusals.invalid(f"Cannot scale {entry.type} to {quantity}.")
    return quantity
