"""Log sessions: an address at which the log of an app can be read, also while it goes on."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from migrate.sandbox import refusals
from migrate.sandbox.logs.logplex import LogSession, Selection
from migrate.sandbox.platform import shapes
from migrate.sandbox.platform.identities import app_of, named, sandbox_of
from migrate.sandbox.platform.transport import body_of
from migrate.sandbox.urls import URLS

if TYPE_CHECKING:
    from migrate.sandbox.logs.logplex import Line

routes = web.RouteTableDef()
_LINES = 100
_EVENTS = "text/event-stream"


@routes.post("/apps/{app}/log-sessions")
async def create(request: web.Request) -> web.Response:
    """Answer the address of a log. The CLI says `dyno` for what the public schema calls dyno_name or type."""
    app, body = app_of(request), await body_of(request)
    lines, tail = body.get("lines", _LINES), body.get("tail", False)
    if not isinstance(lines, int) or lines < 0 or not isinstance(tail, bool):
        raise refusals.invalid("Lines must be a number and tail true or false.")
    dyno = next((name for key in ("dyno_name", "dyno", "type") if (name := named(body.get(key)))), None)
    selection = Selection(named(body.get("source")), dyno)
    session = LogSession(app=app.name, selection=selection, lines=lines, tail=tail)
    sandbox_of(request).logplex.sessions[session.id] = session
    address = f"{request.app[URLS].api}/log-output/{session.id}"
    return web.json_response(shapes.times(session) | {"logplex_url": address}, status=201)


@routes.get("/log-output/{session}")
async def output(request: web.Request) -> web.StreamResponse:
    """Answer the lines, as server-sent events if the client takes them; a tail does not end by itself."""
    logplex = sandbox_of(request).logplex
    session = logplex.sessions.get(request.match_info["session"])
    if session is None:
        raise refusals.not_found("log session")
    events = _EVENTS in request.headers.get(hdrs.ACCEPT, "")
    kind = _EVENTS if events else "text/plain; charset=utf-8"
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: kind})
    await response.prepare(request)
    async with aclosing(logplex.read(session)) as lines:
        async for line in lines:
            await response.write(_event(line) if events else f"{line}\n".encode())
    return response


def _event(line: Line) -> bytes:
    return f"data: {line}\n\n".encode()
