"""The parts of a sandbox put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from migrate.sandbox.addons import AddOns
from migrate.sandbox.attachments import Attachments
from migrate.sandbox.builds.builds import Builds
from migrate.sandbox.builds.repositories import Repositories
from migrate.sandbox.dynos import Supervisor
from migrate.sandbox.faults import Faults
from migrate.sandbox.journal import Journal
from migrate.sandbox.releases import Releases
from migrate.sandbox.world import App

if TYPE_CHECKING:
    from migrate.sandbox.cloudamqp import Partner
    from migrate.sandbox.world import Account, World


@dataclass(frozen=True)
class Sandbox:
    """What a handler of the Platform API can use."""

    world: World
    journal: Journal
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
        journal = Journal(world.directory)
        supervisor = Supervisor(world, journal)
        releases = Releases(world, supervisor, journal)
        builds, repositories = Builds(world, releases, journal), Repositories(world.directory)
        attachments = Attachments(world, releases, journal)
        addons = AddOns(world, partner, attachments, releases, journal)
        return cls(world, journal, supervisor, releases, builds, repositories, attachments, addons, Faults())

    def add_app(self, name: str, owner: Account | None = None) -> App:
        """Add an app without dynos, with the two releases that every app starts with."""
        owner = owner or self.world.account
        app = App(name=name, owner=owner, features={"preboot": self.world.settings.preboot})
        self.world.apps[name] = app
        for description in ("Initial release", "Enable Logplex"):
            self.releases.create(app, description, phase=False)
        return app

    async def close(self) -> None:
        """End dynos and whatever is still to happen."""
        await self.builds.close()
        await self.addons.close()
        await self.releases.close()
        await self.supervisor.close()


SANDBOX = web.AppKey("sandbox", Sandbox)
