"""Dynos: list, run one-off ones, restart, stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.platform import shapes
from migrate.sandbox.platform.identities import app_of, find_dyno, find_formation, sandbox_of
from migrate.sandbox.platform.ranges import listing
from migrate.sandbox.platform.transport import body_of

if TYPE_CHECKING:
    from migrate.sandbox.world import Release

routes = web.RouteTableDef()
_LONGEST_SECONDS = 86_400


@routes.get("/apps/{app}/dynos")
async def index(request: web.Request) -> web.Response:
    """Answer the dynos of the newest kind; those that are shutting down are not listed."""
    dynos = [shapes.dyno(dyno) for dyno in app_of(request).dynos.values()]
    return listing(request, dynos, "name", "id", "updated_at")


@routes.get("/apps/{app}/dynos/{dyno}")
async def show(request: web.Request) -> web.Response:
    """Answer one dyno."""
    return web.json_response(shapes.dyno(find_dyno(app_of(request), request.match_info["dyno"])))


@routes.post("/apps/{app}/dynos")
async def run(request: web.Request) -> web.Response:
    """Start a one-off dyno on the current release; an attached one when its client has come."""
    app, body, sandbox = app_of(request), await body_of(request), sandbox_of(request)
    command, environment = body.get("command"), body.get("env") or {}
    if not isinstance(command, str) or not command.strip():
        raise refusals.invalid("Command is required.")
    if not isinstance(environment, dict):
        raise refusals.invalid("Env must be an object.")
    if app.current is None or app.current.slug is None:
        raise refusals.invalid("Cannot run dynos: the app has no slug.")
    texts = {str(name): str(value) for name, value in environment.items()}
    seconds = _time_to_live(body.get("time_to_live"))
    type_name = str(body.get("type") or "run")
    terminal = not body.get("force_no_tty", False)
    meeting = sandbox.rendezvous.expect(terminal=terminal, environment=texts) if body.get("attach") else None
    resolved = _resolved(app.current, command)
    dyno, _ = sandbox.supervisor.run(app, app.current, resolved, type_name, texts, meeting=meeting)
    dyno.size = str(body.get("size") or dyno.size)
    if seconds is not None:
        sandbox.supervisor.expire(dyno, seconds)
    return web.json_response(shapes.dyno(dyno), status=201)


@routes.delete("/apps/{app}/dynos")
async def restart_all(request: web.Request) -> web.Response:
    """Restart the formation; one-off dynos go on."""
    app = app_of(request)
    sandbox_of(request).supervisor.restart(app, app.formation)
    return web.json_response({}, status=202)


@routes.delete("/apps/{app}/formations/{type}")
@routes.post("/apps/{app}/formations/{type}/actions/stop")
async def restart_type(request: web.Request) -> web.Response:
    """Restart the dynos of one process type; stopped ones come back as well."""
    app = app_of(request)
    entry = find_formation(app, request.match_info["type"])
    sandbox_of(request).supervisor.restart(app, [entry.type])
    return web.json_response({}, status=202)


@routes.delete("/apps/{app}/dynos/{dyno}")
@routes.post("/apps/{app}/dynos/{dyno}/actions/stop")
async def restart_one(request: web.Request) -> web.Response:
    """Restart a formation dyno (a stopped one comes back as well), or end a one-off dyno."""
    dyno = find_dyno(app_of(request), request.match_info["dyno"])
    sandbox_of(request).supervisor.restart_one(dyno)
    return web.json_response({}, status=202)


def _resolved(release: Release, command: str) -> str:
    """Return the command; the name of a process type stands for its line in the Procfile."""
    first, _, rest = command.strip().partition(" ")
    return f"{release.process_types.get(first, first)} {rest}".strip()


def _time_to_live(given: object) -> float | None:
    if given is None:
        return None
    if not isinstance(given, int) or not 0 < given <= _LONGEST_SECONDS:
        raise refusals.invalid(f"Time to live must be between 1 and {_LONGEST_SECONDS} seconds.")
    return float(given)
