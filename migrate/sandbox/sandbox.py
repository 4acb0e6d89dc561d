"""The parts of a sandbox put together."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from migrate.sandbox.addons import AddOns
from migrate.sandbox.attachments import Attachments
from migrate.sandbox.builds.builds import Builds
from migrate.sandbox.builds.repositories import Repositories
from migrate.sandbox.dynos.life import DynoLife
from migrate.sandbox.dynos.rendezvous import Rendezvous
from migrate.sandbox.dynos.supervisor import Supervisor
from migrate.sandbox.faults import Faults
from migrate.sandbox.journal import Journal
from migrate.sandbox.logs.logplex import Logplex
from migrate.sandbox.releases import Releases
from migrate.sandbox.world import App

if TYPE_CHECKING:
    from migrate.sandbox.partner.cloudamqp import Partner
    from migrate.sandbox.world import Account, World


@dataclass(frozen=True)
class Sandbox:
    """What a handler of the Platform API can use."""

    world: World
    journal: Journal
    logplex: Logplex
    rendezvous: Rendezvous
    supervisor: Supervisor
    releases: Releases
    builds: Builds
    repositories: Repositories
    attachments: Attachments
    addons: AddOns
    faults: Faults

    @classmethod
    def build(cls, world: World, partner: Partner) -> Sandbox:
        """Given the state and the partner, return the sandbox around them."""
        journal, logplex = Journal(world.directory), Logplex()
        journal.listeners.append(logplex.hear)
        supervisor = Supervisor(world, DynoLife(world, journal, logplex))
        releases = Releases(world, supervisor, journal)
        builds, repositories = Builds(world, releases, journal), Repositories(world.directory)
        attachments = Attachments(world, releases, journal)
        addons = AddOns(world, partner, attachments, releases, journal)
        parts = (supervisor, releases, builds, repositories, attachments, addons)
        return cls(world, journal, logplex, Rendezvous(), *parts, Faults())

    def add_app(self, name: str, owner: Account | None = None) -> App:
        """Add an app without dynos, with the two releases that every app starts with."""
        owner = owner or self.world.account
        app = App(name=name, owner=owner, features={"preboot": self.world.settings.preboot})
        self.world.apps[name] = app
        for description in ("Initial release", "Enable Logplex"):
            self.releases.create(app, description, phase=False)
        return app

    async def remove_app(self, app: App) -> None:
        """Remove an app with builds, dynos and log, and with its add-ons, also where others have them attached."""
        for build in [item for item in app.builds.values() if not item.is_over]:
            await self.builds.cancel(build)
        for type_name in app.formation:
            self.supervisor.scale(app, type_name, 0)
        for addon in [item for item in self.world.addons.values() if item.app is app]:
            if addon.state in {"provisioned", "provisioning"}:
                await self.addons.destroy(addon, force=True)
        for attachment in self.world.attachments_of(app):
            del self.world.attachments[attachment.id]
        await self.releases.forget(app)
        self.supervisor.end_all(app)
        del self.world.apps[app.name]
        self.logplex.forget(app.name)
        shutil.rmtree(self.world.log_of(app, "any").parent, ignore_errors=True)
        self.journal.event("app removed", app=app.name)

    async def close(self) -> None:
        """End dynos and whatever is still to happen."""
        await self.builds.close()
        await self.addons.close()
        await self.releases.close()
        await self.supervisor.close()


SANDBOX = web.AppKey("sandbox", Sandbox)
