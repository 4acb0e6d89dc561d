"""What the hook of a running push asks for: a build, its output up to the end of the release phase, its outcome."""

from __future__ import annotations

import math
import secrets
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from migrate.sandbox import refusals
from migrate.sandbox.builds.output import follow
from migrate.sandbox.dynos.formation import RELEASE_TYPE
from migrate.sandbox.platform.apps import web_url
from migrate.sandbox.platform.identities import sandbox_of
from migrate.sandbox.platform.sources import receive, url_of
from migrate.sandbox.waiting import until
from migrate.sandbox.world import SourceBlob

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from migrate.sandbox.builds.repositories import Push
    from migrate.sandbox.world import Build, Release

routes = web.RouteTableDef()


@routes.post("/pushes/{push}")
async def build(request: web.Request) -> web.StreamResponse:
    """Build the tarball of a commit, and answer what is printed meanwhile."""
    push, builds = _push(request), sandbox_of(request).builds
    source = builds.new_source()
    await receive(request, source.archive)
    blob = SourceBlob(url_of(request, source), request.query.get("commit"))
    push.build = builds.start(push.app, push.account, source, blob)
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/plain; charset=utf-8"})
    await response.prepare(request)
    async for text in _narrated(push.build, web_url(request, push.app)):
        await response.write(text)
    return response


@routes.get("/pushes/{push}")
async def outcome(request: web.Request) -> web.Response:
    """Answer how the build has ended."""
    push = _push(request)
    if push.build is None:
        raise refusals.not_found("build", "build")
    return web.json_response({"status": push.build.status})


def _push(request: web.Request) -> Push:
    push = sandbox_of(request).repositories.pushes.get(request.match_info["push"])
    if push is None or not secrets.compare_digest(push.key, request.query.get("key", "")):
        raise refusals.not_found("push", "push")
    return push


async def _narrated(build: Build, address: str) -> AsyncIterator[bytes]:
    """Yield what `git push` shows: https://devcenter.heroku.com/articles/release-phase#release-command-failure."""
    yield b"Compressing source files... done.\nBuilding source:\n\n"
    async for text in follow(build.log, lambda: build.is_over):
        yield text
    release = build.release
    if release is None:
        return
    yield f"       {address} deployed to Heroku\n\nVerifying deploy... done.\n".encode()
    if RELEASE_TYPE in release.process_types or release.status == "pending":
        async for text in _release_phase(release):
            yield text


async def _release_phase(release: Release) -> AsyncIterator[bytes]:
    yield b"Running release command...\n\n"
    await until(lambda: _log(release) is not None or release.status != "pending", math.inf)
    if (log := _log(release)) is not None:
        async for text in follow(log, lambda: release.status != "pending"):
            yield text
    # Whatever the command's outcome, the push has succeeded: https://github.com/heroku/hatchet/issues/92
    outcome = "done" if release.status == "succeeded" else "failed"
    yield f"Waiting for release.... {outcome}.\n".encode()


def _log(release: Release) -> Path | None:
    """Return what the release command prints to, once it runs."""
    log = release.output_log
    return log if log is not None and log.exists() else None
