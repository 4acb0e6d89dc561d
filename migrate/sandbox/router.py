"""One address for the app: forwards to the web dynos the way Heroku's router does, without streaming.

https://devcenter.heroku.com/articles/http-routing, error codes as in
https://devcenter.heroku.com/articles/error-codes
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import hdrs, web
from yarl import URL

from migrate.sandbox.dynos import formation_dynos
from migrate.sandbox.formation import WEB_TYPE
from migrate.sandbox.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from migrate.sandbox.world import Dyno, World

_POLL_SECONDS = 0.05
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


class Router:
    """Takes requests for the app that has dynos."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._turn = itertools.count()
        self._session: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        """Return the web application of the router."""
        application = web.Application(client_max_size=_LARGEST_BODY)
        application.router.add_route("*", "/{path:.*}", self.forward)
        application.cleanup_ctx.append(self._with_session)
        return application

    async def forward(self, request: web.Request) -> web.Response:
        """Answer with what a web dyno answers, or with a 503 that carries Heroku's error code."""
        settings = self._world.settings
        if self._world.main_app.maintenance:
            return _unavailable("H80", "Offline for maintenance")
        body = await request.read()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + settings.router_wait_seconds
        while loop.time() < deadline:
            for dyno in self._in_turn():
                try:
                    return await self._ask(dyno, request, body)
                except aiohttp.ClientConnectorError:
                    continue  # not taken by this dyno, so another may take it
                except TimeoutError:
                    return _unavailable("H12", "Request timeout")
                except aiohttp.ClientError:
                    return _unavailable("H13", "Connection closed without response")
            await asyncio.sleep(_POLL_SECONDS)
        return _unavailable("H10", "No web dyno accepts requests")

    def _in_turn(self) -> list[Dyno]:
        """Return the dynos to try, in order; preboot's old ones until all new ones are up."""
        app = self._world.main_app
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
        limit = aiohttp.ClientTimeout(total=self._world.settings.router_limit_seconds)
        async with self._session.request(
            request.method,
            URL(f"http://{LOOPBACK}:{dyno.port}{request.raw_path}", encoded=True),
            headers=headers,
            data=body or None,
            allow_redirects=False,
            timeout=limit,
        ) as answer:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP]
            response = web.Response(status=answer.status, body=await answer.read())
            response.headers.popall(hdrs.CONTENT_TYPE, None)
            response.headers.extend(kept)
            return response

    async def _with_session(self, _: web.Application) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
            self._session = session
            yield
            self._session = None


def _unavailable(code: str, reason: str) -> web.Response:
    return web.json_response({"code": code, "message": reason}, status=503, headers={"X-Router-Error": code})
