"""One address for all apps: forwards to the web dynos the way Heroku's router does, without streaming.

https://devcenter.heroku.com/articles/http-routing, error codes as in
https://devcenter.heroku.com/articles/error-codes
"""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import hdrs, web
from yarl import URL

from migrate.sandbox import clock
from migrate.sandbox.dynos.formation import WEB_TYPE
from migrate.sandbox.dynos.supervisor import formation_dynos
from migrate.sandbox.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from migrate.sandbox.journal import Journal
    from migrate.sandbox.world import App, Dyno, World

_POLL_SECONDS = 0.05
_CONNECT_SECONDS = 5
_IDLE_SECONDS = 55
"""Once a dyno has begun to answer: https://devcenter.heroku.com/articles/request-timeout"""
_LOCAL_DOMAIN = "localhost"
"""Names below it lead to this machine: https://www.rfc-editor.org/rfc/rfc6761#section-6.3"""
_LARGEST_BODY = 64 * 1024 * 1024
_HOP_BY_HOP = {
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_PAGE = """<!DOCTYPE html>
<html>
<head><title>{title}</title></head>
<body><h1>{title}</h1><p>{text}</p></body>
</html>
"""
_MAINTENANCE = ("Offline for Maintenance", "This application is undergoing maintenance. Please check back later.")
_ERROR = ("Application error", "An error occurred in the application and your page could not be served.")


class _Failed(Exception):
    """The router answers instead of a dyno, under one of Heroku's error codes."""

    def __init__(self, code: str, dyno: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.dyno = dyno


class Router:
    """Takes requests for every app, each under a name of its own."""

    def __init__(self, world: World, journal: Journal) -> None:
        self._world = world
        self._journal = journal
        self._turn = itertools.count()
        self._session: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        """Return the web application of the router."""
        application = web.Application(client_max_size=_LARGEST_BODY)
        application.router.add_route("*", "/{path:.*}", self.forward)
        application.cleanup_ctx.append(self._with_session)
        return application

    async def forward(self, request: web.Request) -> web.Response:
        """Answer with what a web dyno answers, or with a 503 that carries Heroku's error code; note it."""
        app, begin, code = self._app(request), time.monotonic(), ""
        moment = clock.timestamp()
        try:
            dyno, response = await self._answer(app, request)
        except _Failed as failed:
            dyno, code = failed.dyno, failed.code
            response = _unavailable(code)
        self._journal.routed(
            moment,
            app=app.name,
            method=request.method,
            path=request.path,
            dyno=dyno,
            status=response.status,
            seconds=round(time.monotonic() - begin, 4),
            code=code,
        )
        return response

    def _app(self, request: web.Request) -> App:
        """Return the app that NAME.localhost names; without such a host, the one that the sandbox was made for."""
        name, _, domain = request.host.partition(":")[0].rpartition(".")
        if domain != _LOCAL_DOMAIN:
            return self._world.main_app
        if name not in self._world.apps:
            raise web.HTTPNotFound(text="No such app")
        return self._world.apps[name]

    async def _answer(self, app: App, request: web.Request) -> tuple[str, web.Response]:
        """Return the name of the dyno that answered and its answer."""
        if app.maintenance:
            raise _Failed("H80")
        body = await request.read()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._world.settings.router_wait_seconds
        while True:
            for dyno in self._in_turn(app):
                try:
                    return dyno.name, await self._ask(dyno, request, body)
                except aiohttp.ClientConnectorError:
                    continue  # not taken by this dyno, so another may take it
                except TimeoutError:
                    raise _Failed("H12", dyno.name) from None
                except aiohttp.ClientError:
                    raise _Failed("H13", dyno.name) from None
            _refuse_hopeless(app)
            if loop.time() >= deadline:
                raise _Failed("H20")
            await asyncio.sleep(_POLL_SECONDS)

    def _in_turn(self, app: App) -> list[Dyno]:
        """Return the dynos to try, in order; preboot's old ones until all new ones are up."""
        new = formation_dynos(app, WEB_TYPE)
        ready = [dyno for dyno in new if dyno.state == "up"]
        if len(ready) < len(new) and app.overlapping:
            ready = list(app.overlapping)
        start = next(self._turn) % len(ready) if ready else 0
        return ready[start:] + ready[:start]

    async def _ask(self, dyno: Dyno, request: web.Request, body: bytes) -> web.Response:
        if self._session is None:
            raise aiohttp.ClientConnectionError("the router is not running")
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP]
        headers += [("X-Forwarded-For", request.remote or LOOPBACK), ("X-Forwarded-Proto", "http")]
        # The limit is for the first byte of the answer; the dyno is not told, and goes on.
        async with asyncio.timeout(self._world.settings.router_limit_seconds):
            answer = await self._session.request(
                request.method,
                URL(f"http://{LOOPBACK}:{dyno.port}{request.raw_path}", encoded=True),
                headers=headers,
                data=body or None,
                allow_redirects=False,
            )
        async with answer:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP]
            response = web.Response(status=answer.status, body=await answer.read())
            response.headers.popall(hdrs.CONTENT_TYPE, None)
            response.headers.extend(kept)
            return response

    async def _with_session(self, _: web.Application) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_IDLE_SECONDS)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, timeout=timeout) as session:
            self._session = session
            yield
            self._session = None


def _refuse_hopeless(app: App) -> None:
    """Raise where waiting for a web dyno is in vain: there are none, or each of them has crashed."""
    states = {dyno.state for dyno in (*formation_dynos(app, WEB_TYPE), *app.overlapping)}
    if not states:
        raise _Failed("H14")
    if states == {"crashed"}:
        raise _Failed("H10")


def _unavailable(code: str) -> web.Response:
    title, text = _MAINTENANCE if code == "H80" else _ERROR
    page = _PAGE.format(title=title, text=text)
    return web.Response(text=page, content_type="text/html", status=503, headers={"X-Router-Error": code})
