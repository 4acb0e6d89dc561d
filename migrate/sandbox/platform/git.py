"""The apps' git repositories over HTTP, served by git's own program for that.

https://git-scm.com/docs/git-http-backend; the password is a token, as in
https://devcenter.heroku.com/articles/git#http-git-authentication
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from migrate.sandbox.builds.pre_receive import ADDRESS
from migrate.sandbox.platform import access
from migrate.sandbox.platform.identities import app_of, sandbox_of
from migrate.sandbox.refusals import Refused
from migrate.sandbox.urls import URLS

if TYPE_CHECKING:
    from migrate.sandbox.builds.repositories import Push
    from migrate.sandbox.world import App

routes = web.RouteTableDef()
_CHUNK = 65536
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Heroku"'}


@routes.get("/{app}.git/{rest:info/refs}")
@routes.post("/{app}.git/{rest:git-(upload|receive)-pack}")
async def serve(request: web.Request) -> web.StreamResponse:
    """Answer a clone, fetch or push; a refusal is text, which git shows."""
    try:
        app = _admitted(request)
    except Refused as refused:
        return web.Response(text=f" !     {refused}\n", status=refused.status, headers=refused.headers)
    repositories = sandbox_of(request).repositories
    with repositories.push(app, access.caller_of(request).account) as push:
        variables = repositories.environment() | await _request_variables(request, app, push)
        process = await asyncio.create_subprocess_exec(
            *("git", "http-backend"),
            env=variables,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        return await _exchange(request, process)


def _admitted(request: web.Request) -> App:
    authorization = access.authenticate(request)
    if authorization is None:
        raise Refused(401, "unauthorized", "Invalid credentials provided.", headers=_CHALLENGE)
    request[access.CALLER] = authorization
    access.check_account(request, authorization)
    return app_of(request)


async def _request_variables(request: web.Request, app: App, push: Push) -> dict[str, str]:
    """Return what a web server tells a CGI program: https://www.rfc-editor.org/rfc/rfc3875#section-4.1."""
    repositories = sandbox_of(request).repositories
    return {
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROJECT_ROOT": str(repositories.directory),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "CONTENT_TYPE": request.headers.get(hdrs.CONTENT_TYPE, ""),
        "PATH_INFO": f"/{await repositories.name_of(app)}/{request.match_info['rest']}",
        "QUERY_STRING": request.query_string,
        "REMOTE_USER": push.account.email,
        "REQUEST_METHOD": request.method,
        ADDRESS: f"{request.app[URLS].api}/pushes/{push.id}?key={push.key}",
    }


async def _exchange(request: web.Request, process: asyncio.subprocess.Process) -> web.StreamResponse:
    """Hand the request to the program and its answer back.

    When the client goes away, the program goes on to its end, and so does a build that it waits for:
    https://devcenter.heroku.com/articles/git#detach-from-build-process
    """
    feeding = asyncio.create_task(_feed(request, process))
    try:
        return await _answer(request, process)
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


async def _feed(request: web.Request, process: asyncio.subprocess.Process) -> None:
    if process.stdin is None:
        raise RuntimeError("git was started without its pipe")
    try:
        async for chunk in request.content.iter_chunked(_CHUNK):
            process.stdin.write(chunk)
            await process.stdin.drain()
    finally:
        process.stdin.close()


async def _answer(request: web.Request, process: asyncio.subprocess.Process) -> web.StreamResponse:
    if process.stdout is None:
        raise RuntimeError("git was started without its pipe")
    response = web.StreamResponse()
    while line := (await process.stdout.readline()).decode().strip():
        name, _, value = line.partition(": ")
        if name == "Status":
            response.set_status(int(value.split()[0]))
        else:
            response.headers[name] = value
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
    while chunk := await process.stdout.read(_CHUNK):
        with contextlib.suppress(ConnectionError):
            await response.write(chunk)
    await process.wait()
    return response
