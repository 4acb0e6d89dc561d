"""A proxy between clients and a sandbox that keeps every request with its answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OF_A_CONNECTION = {"content-length", "transfer-encoding", "content-encoding", "connection"}


@dataclass(frozen=True)
class Exchange:
    """A request and its answer; None is a body that is empty or no JSON."""

    method: str
    path: str
    sent: Any
    status: int
    answered: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"


@dataclass
class Recorder:
    """Where the proxy is, and what has passed."""

    target: str
    url: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)

    async def forward(self, request: web.Request) -> web.Response:
        """Ask the target the same; a connection that it breaks is broken here as well."""
        body = await request.read()
        try:
            status, headers, answer = await self._ask(request, body)
        except aiohttp.ClientError:
            if request.transport is not None:
                request.transport.abort()
            raise asyncio.CancelledError from None
        self.agents.add(request.headers.get("User-Agent", "").partition("/")[0])
        self.exchanges.append(Exchange(request.method, request.path, _parsed(body), status, _parsed(answer)))
        return web.Response(status=status, headers=_end_to_end(headers), body=answer)

    async def _ask(self, request: web.Request, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        url = URL(self.target + request.raw_path, encoded=True)
        headers = _end_to_end(request.headers)
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
            session.request(request.method, url, headers=headers, data=body or None) as answer,
        ):
            return answer.status, answer.headers, await answer.read()


@contextlib.contextmanager
def recording(target: str) -> Iterator[Recorder]:
    """Run the proxy in a thread of its own."""
    recorder, loop = Recorder(target), asyncio.new_event_loop()
    runner = loop.run_until_complete(_served(recorder))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield recorder
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(timeout=30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _served(recorder: Recorder) -> web.AppRunner:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", recorder.forward)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    recorder.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    return runner


def _end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OF_A_CONNECTION}


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
