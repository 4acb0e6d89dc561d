"""What Heroku does not have: looking into the sandbox and forcing a state, for tests and rehearsals."""

from __future__ import annotations

import dataclasses
import os

from aiohttp import web

from migrate.sandbox import refusals
from migrate.sandbox.platform import shapes
from migrate.sandbox.platform.identities import find_app, find_release, named, sandbox_of
from migrate.sandbox.platform.releases import document
from migrate.sandbox.platform.transport import body_of
from migrate.sandbox.settings import UnknownSetting
from migrate.sandbox.urls import URLS
from migrate.sandbox.world import Account, Authorization

routes = web.RouteTableDef()
_TROUBLE = {"delinquent", "suspended", "second_factor"}
_ENDINGS = {"succeeded", "failed", "expired"}


@routes.get("/sandbox")
async def status(request: web.Request) -> web.Response:
    """Answer addresses, process ids and settings."""
    world = sandbox_of(request).world
    dynos = [
        {"name": dyno.name, "state": dyno.state, "pid": dyno.process.pid if dyno.process else None}
        for dyno in world.main_app.dynos.values()
    ]
    body = {
        "app": world.main_app.name,
        "apps": list(world.apps),
        "directory": str(world.directory),
        "dynos": dynos,
        "overlapping": [dyno.name for dyno in world.main_app.overlapping],
        "pid": os.getpid(),
        "settings": world.settings.to_json(),
        "urls": dataclasses.asdict(request.app[URLS]),
    }
    return web.json_response(body)


@routes.patch("/sandbox/settings")
async def change_settings(request: web.Request) -> web.Response:
    """Change settings; what is already under way goes on as it began. The app's name cannot change."""
    world, body = sandbox_of(request).world, await body_of(request)
    if "app" in body or "token" in body:
        raise refusals.invalid("The app's name and the token are chosen at the start.")
    try:
        world.settings = world.settings.changed(body)
    except (UnknownSetting, TypeError) as error:
        raise refusals.invalid(str(error)) from error
    if "preboot" in body:
        world.main_app.features["preboot"] = bool(body["preboot"])
    return web.json_response(world.settings.to_json())


@routes.post("/sandbox/apps")
async def create_app(request: web.Request) -> web.Response:
    """Add an app `name` for the account `owner`; with `plan` or `attach` it has an add-on, under `as`."""
    sandbox, body = sandbox_of(request), await body_of(request)
    name, alias = named(body.get("name")), named(body.get("as"))
    if name is None or name in sandbox.world.apps:
        raise refusals.invalid("Name is missing or already taken")
    owner = _account(request, named(body["owner"]) or "") if "owner" in body else None
    app = sandbox.add_app(name, owner)
    if plan := named(body.get("plan")):
        await sandbox.addons.create(app, sandbox.addons.plan(plan), attachment=alias)
    wanted = named(body.get("attach"))
    for addon in [item for item in sandbox.world.addons.values() if item.name == wanted]:
        chosen = sandbox.attachments.checked_name(app, addon, alias, None)
        sandbox.attachments.announce(sandbox.attachments.reserve(app, addon, chosen))
    return web.json_response(shapes.reference(app), status=201)


@routes.post("/sandbox/accounts")
async def create_account(request: web.Request) -> web.Response:
    """Answer a new token of the account `email`, which is made when there is none."""
    world, email = sandbox_of(request).world, named((await body_of(request)).get("email"))
    if email is None:
        raise refusals.invalid("Email is missing.")
    account = world.accounts.setdefault(email, Account(email=email))
    made = Authorization(account=account)
    world.authorizations[made.token] = made
    return web.json_response({"email": email, "token": made.token}, status=201)


@routes.patch("/sandbox/accounts/{email}")
async def change_account(request: web.Request) -> web.Response:
    """Make an account delinquent or suspended, or ask it for a second factor."""
    account, body = _account(request, request.match_info["email"]), await body_of(request)
    if not set(body) <= _TROUBLE or not all(isinstance(value, bool) for value in body.values()):
        raise refusals.invalid(f"Of an account can be changed, to true or false: {', '.join(sorted(_TROUBLE))}.")
    for name, value in body.items():
        setattr(account, name, value)
    account.authorized_apps.clear()
    account.touch()
    return web.json_response(shapes.account(account))


@routes.post("/sandbox/releases")
async def create_release(request: web.Request) -> web.Response:
    """Make a release with `status` pending (until it is settled), failed or succeeded."""
    sandbox, body = sandbox_of(request), await body_of(request)
    app = find_app(request, named(body.get("app")) or sandbox.world.settings.app)
    wanted = body.get("status", "pending")
    if wanted not in {"pending", *_ENDINGS}:
        raise refusals.invalid(f"No such status: {wanted}")
    release = sandbox.releases.create(
        app, str(body.get("description", "Deploy 0badc0de")), body.get("change") or {}, held=True
    )
    if wanted != "pending":
        sandbox.releases.settle(release, wanted)
    return web.json_response(document(request, release), status=201)


@routes.patch("/sandbox/releases/{app}/{release}")
async def settle_release(request: web.Request) -> web.Response:
    """End a pending release made here: `status` succeeded, failed or expired."""
    sandbox, body = sandbox_of(request), await body_of(request)
    release = find_release(find_app(request, request.match_info["app"]), request.match_info["release"])
    if release.outcome is None or body.get("status") not in _ENDINGS:
        raise refusals.invalid("Not a held release, or no such status.")
    sandbox.releases.settle(release, body["status"])
    return web.json_response(document(request, release))


@routes.post("/sandbox/faults")
async def add_fault(request: web.Request) -> web.Response:
    """Order a fault; fields as in Fault."""
    sandbox_of(request).faults.add(await body_of(request))
    return web.json_response({}, status=201)


@routes.delete("/sandbox/faults")
async def clear_faults(request: web.Request) -> web.Response:
    """Forget the faults that have not happened yet."""
    sandbox_of(request).faults.clear()
    return web.json_response({})


def _account(request: web.Request, email: str) -> Account:
    account = sandbox_of(request).world.accounts.get(email)
    if account is None:
        raise refusals.not_found("account", "account")
    return account
