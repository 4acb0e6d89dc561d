"""What holds for every request of the Platform API: token, version, request id, rate limit, errors."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from migrate.sandbox.partner.rabbitmq import BrokerFailed
from migrate.sandbox.platform import access, rate_limit
from migrate.sandbox.refusals import Refused
from migrate.sandbox.sandbox import SANDBOX
from migrate.sandbox.world import new_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ACCEPTED = re.compile(r"application/vnd\.heroku\+json;\s*version=3(\.|$|,|;)")
_PUBLIC = re.compile(r"^/addon-services(/|$)")
_FREE_OF_CHARGE = {"/account/rate-limits"}
_CONTROL = re.compile(r"^/sandbox(/|$)")
_OUTPUT = re.compile(r"^/(release-output|build-output|log-output|source-blobs|pushes)/")
"""The address itself is the secret, as at Heroku."""
_GIT = re.compile(r"^/[^/]+\.git/")


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals into error bodies, number the answer, write it down."""
    try:
        response = await handler(request)
    except Refused as refused:
        response = web.json_response(refused.body, status=refused.status, headers=refused.headers)
    except BrokerFailed:
        body = {"id": "internal_server_error", "message": "Internal server error."}
        response = web.json_response(body, status=500)
    except web.HTTPException as error:
        status, name = (404, "not_found") if error.status in {404, 405} else (max(error.status, 400), "bad_request")
        response = web.json_response({"id": name, "message": error.reason}, status=status)
    given = request.headers.get("Request-Id")
    response.headers["Request-Id"] = f"{given},{new_id()}" if given else new_id()
    sandbox, settings = request.app[SANDBOX], request.app[SANDBOX].world.settings
    response.headers["RateLimit-Remaining"] = str(rate_limit.of(request).remaining(settings))
    sandbox.journal.request(request.method, request.path, response.status)
    return response


@web.middleware
async def check_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests without token or version, and those over the rate limit."""
    world = request.app[SANDBOX].world
    if _OUTPUT.match(request.path) or _GIT.match(request.path):  # their handlers look for themselves
        return await handler(request)
    authorization = access.authenticate(request)
    if authorization is not None:
        request[access.CALLER] = authorization
    elif not _PUBLIC.match(request.path) or hdrs.AUTHORIZATION in request.headers:
        raise Refused(401, "unauthorized", "Invalid credentials provided.")
    if _CONTROL.match(request.path):
        return await handler(request)
    if not any(_ACCEPTED.search(value) for value in request.headers.getall(hdrs.ACCEPT, [])):
        message = 'The "Accept" header should include "application/vnd.heroku+json; version=3".'
        raise Refused(406, "not_acceptable", message)
    if request.path not in _FREE_OF_CHARGE:
        rate_limit.of(request).take(world.settings)
    if authorization is not None:
        access.check_account(request, authorization)
    return await _with_faults(request, handler)


async def _with_faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    sandbox = request.app[SANDBOX]
    fault = await sandbox.faults.take(request.method, request.path)
    if fault is None or fault.kind == "delay":
        return await handler(request)
    if fault.kind == "error":
        raise Refused(fault.status, fault.id, fault.message)
    if fault.kind == "garbage":
        return web.Response(text="<html><body>upstream</body></html>", content_type="text/html")
    if fault.kind == "lose-reply":
        await handler(request)
    sandbox.journal.request(request.method, request.path, 0)
    if request.transport is not None:
        request.transport.abort()
    raise asyncio.CancelledError


async def body_of(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request; an empty body is an empty object."""
    text = await request.text()
    try:
        document = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise Refused(400, "bad_request", "Unable to parse the JSON request.") from error
    if not isinstance(document, dict):
        raise Refused(400, "bad_request", "The request must be a JSON object.")
    return document
