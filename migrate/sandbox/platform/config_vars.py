"""Config vars. Reads show the live release, so they are stale while a release phase runs.

https://github.com/heroku/cli/issues/3345
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.platform.identities import app_of, find_release, sandbox_of
from migrate.sandbox.platform.transport import body_of
from migrate.sandbox.releases import changed, describe_change

if TYPE_CHECKING:
    from migrate.sandbox.sandbox import Sandbox
    from migrate.sandbox.world import App

routes = web.RouteTableDef()
_KEY = re.compile(r"^\w+$")
_LIMIT_BYTES = 65_536
_STALE = "Release command executing: this config change will not be available until the command succeeds."


@routes.get("/apps/{app}/config-vars")
async def show(request: web.Request) -> web.Response:
    """Answer the config of the current release."""
    return web.json_response(app_of(request).live_config)


@routes.get("/apps/{app}/releases/{release}/config-vars")
async def of_release(request: web.Request) -> web.Response:
    """Answer the config of any release, a pending one too."""
    return web.json_response(find_release(app_of(request), request.match_info["release"]).config)


@routes.patch("/apps/{app}/config-vars")
async def update(request: web.Request) -> web.Response:
    """Merge a change, null removes; one request is one release. Answers the live map, old or new."""
    app, sandbox, change = app_of(request), sandbox_of(request), await body_of(request)
    _check(sandbox, app, change)
    if changed(app.requested, change) != app.requested or sandbox.world.settings.unchanged_config_releases:
        sandbox.releases.create(app, describe_change(change), change)
    headers = {"Warning-Message": _STALE} if sandbox.releases.is_busy(app) else {}
    return web.json_response(app.live_config, headers=headers)


def _check(sandbox: Sandbox, app: App, change: dict[str, Any]) -> None:
    for name, value in change.items():
        if not _KEY.match(name):
            raise refusals.invalid(f"{name} is not a valid config var name.")
        if value is not None and not isinstance(value, str):
            raise refusals.invalid(f"The value of {name} must be a string.")
    attached = sorted(sandbox.world.attached_variables(app) & set(change))
    if attached:
        raise refusals.invalid(f"Cannot overwrite attachment values {', '.join(attached)}.")
    after = changed(app.requested, change)
    if sum(len(name.encode()) + len(value.encode()) for name, value in after.items()) > _LIMIT_BYTES:
        raise refusals.invalid("Config vars may not exceed 64 kB in total.")
