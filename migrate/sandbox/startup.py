"""From nothing to a sandbox that is really up: broker, API, router, app with its add-on, dynos."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from migrate import procfile
from migrate.sandbox.address import CA_FILE
from migrate.sandbox.builds.interpreters import Interpreters, NotInstalled
from migrate.sandbox.builds.output import BuildOutput
from migrate.sandbox.dynos import formation
from migrate.sandbox.ledgers import VARIABLE, ledger_in
from migrate.sandbox.partner.cloudamqp import CloudAmqp, NoBroker, Partner
from migrate.sandbox.partner.rabbitmq import Node
from migrate.sandbox.platform import application
from migrate.sandbox.ports import LOOPBACK, free_port
from migrate.sandbox.router import Router
from migrate.sandbox.sandbox import Sandbox
from migrate.sandbox.urls import Urls
from migrate.sandbox.waiting import until
from migrate.sandbox.world import Account, Authorization, Slug, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from migrate.sandbox.orders import Orders
    from migrate.sandbox.settings import SandboxSettings
    from migrate.sandbox.world import App, Dyno

_BOOT_SECONDS = 120.0


class NotUp(Exception):
    """The sandbox did not come up; the message says why in one line."""


@asynccontextmanager
async def running(directory: Path, orders: Orders) -> AsyncIterator[tuple[World, Urls]]:
    """Bring a sandbox up; everything is ended when the block is left, however it is."""
    process_types = procfile.read(orders.app_dir)
    programs = await _programs(directory, orders)
    slug = Slug(directory=orders.app_dir, process_types=process_types, programs=programs)
    async with AsyncExitStack() as stack:
        partner, rabbitmq_api = await _broker(stack, directory, orders)
        world = _world(directory, orders)
        sandbox = Sandbox.build(world, partner)
        stack.push_async_callback(sandbox.close)
        urls = Urls(f"http://{LOOPBACK}:{free_port()}", f"http://{LOOPBACK}:{free_port()}", rabbitmq_api)
        await _serve(stack, Router(world, sandbox.journal).application(), urls.router)
        await _serve(stack, application.build(sandbox, urls), urls.api)
        await stack.enter_async_context(await sandbox.rendezvous.serve(directory / CA_FILE))
        await _seed(sandbox, orders, slug)
        yield world, urls


async def _programs(directory: Path, orders: Orders) -> Path:
    log = directory / "logs" / orders.settings.app / "build.0.log"
    try:
        return await Interpreters(directory).fitting(orders.app_dir, orders.config_vars, BuildOutput(log))
    except NotInstalled as error:
        raise NotUp(f"{error}: {_last_words([log])}") from None


def _world(directory: Path, orders: Orders) -> World:
    account = Account(email=orders.settings.email)
    world = World(
        directory,
        orders.settings,
        account,
        accounts={account.email: account},
        dyno_environment=orders.dyno_environment,
    )
    authorization = Authorization(account=account)
    authorization.token = orders.settings.token or authorization.token
    world.authorizations[authorization.token] = authorization
    return world


async def _broker(stack: AsyncExitStack, directory: Path, orders: Orders) -> tuple[Partner, str]:
    if orders.settings.broker == "none":
        return NoBroker(), ""
    node = Node(directory / "broker", orders.settings.rabbitmq_plugins)
    stack.push_async_callback(node.kill)
    await node.start()
    return CloudAmqp(node), node.api_url


async def _serve(stack: AsyncExitStack, served: web.Application, url: str) -> None:
    runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, LOOPBACK, int(url.rpartition(":")[2])).start()


async def _seed(sandbox: Sandbox, orders: Orders, slug: Slug) -> None:
    """Make the apps; twins one after the other, for they start as many processes as the first one."""
    chosen = orders.settings
    for name in (chosen.app, *chosen.other_apps, *chosen.twins):
        sandbox.add_app(name)
    await _bring_up(sandbox, chosen, chosen.app, orders.config_vars, slug)
    for twin in chosen.twins:
        ledger = ledger_in(sandbox.world.directory, twin)
        ledger.parent.mkdir(parents=True, mode=0o700)
        own = {VARIABLE: str(ledger)} if VARIABLE in orders.config_vars else {}
        await _bring_up(sandbox, chosen, twin, orders.config_vars | own, slug)


async def _bring_up(
    sandbox: Sandbox, chosen: SandboxSettings, name: str, config_vars: dict[str, str], slug: Slug
) -> None:
    """Give an app a history as a real app has it, and wait for its dynos, which only the deploy at its end starts."""
    world, app = sandbox.world, sandbox.world.apps[name]
    world.settings = chosen.changed({"provisioning": "sync", "config_lag_seconds": 0, "provision_fails": False})
    if config_vars:
        names = ", ".join(config_vars)
        sandbox.releases.create(app, f"Set {names} config vars", config_vars, phase=False)
    if chosen.seed_plan is not None:
        plan = sandbox.addons.plan(chosen.seed_plan)
        await sandbox.addons.create(app, plan, attachment=chosen.seed_attachment)
    world.settings = chosen.changed({"release_phase_seconds": 0, "release_phase_fails": False})
    formation.begin(app, slug.process_types, chosen.formation)
    release = sandbox.releases.deploy(app, slug)
    await until(lambda: release.status != "pending", _BOOT_SECONDS)
    world.settings = chosen
    if release.status != "succeeded":
        raise NotUp(f"the release command of the app failed: {_tail(world, app, 'release.*')}")
    await _await_dynos(app, world)


async def _await_dynos(app: App, world: World) -> None:
    dynos = app.dynos.values()
    await until(lambda: {dyno.state for dyno in dynos} <= {"up"} or _crashed(app) is not None, _BOOT_SECONDS)
    if (crashed := _crashed(app)) is not None:
        raise NotUp(_crash(crashed, world))
    if late := [dyno.name for dyno in dynos if dyno.state != "up"]:
        raise NotUp(f"{', '.join(late)} did not come up in time: {_tail(world, app, late[0])}")


def _crashed(app: App) -> Dyno | None:
    return next((dyno for dyno in app.dynos.values() if dyno.state == "crashed"), None)


def _crash(dyno: Dyno, world: World) -> str:
    return f"{dyno.name} ({dyno.command}) ended with {dyno.exit_code} at once: {_tail(world, dyno.app, dyno.name)}"


def _tail(world: World, app: App, dyno: str) -> str:
    pattern = world.log_of(app, dyno)
    return _last_words(sorted(pattern.parent.glob(pattern.name)))


def _last_words(logs: Iterable[Path]) -> str:
    lines = [line.strip() for log in logs for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[-3:]) or "it printed nothing"
