"""The parts of a sandbox put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from migrate.sandbox.addons import AddOns
from migrate.sandbox.attachments import Attachments
from migrate.sandbox.dynos import Supervisor
from migrate.sandbox.faults import Faults
from migrate.sandbox.journal import Journal
from migrate.sandbox.releases import Releases
from migrate.sandbox.world import App, FormationEntry

if TYPE_CHECKING:
    from migrate.sandbox.cloudamqp import Partner
    from migrate.sandbox.world import World


@dataclass(frozen=True)
class Sandbox:
    """What a handler of the Platform API can use."""

    world: World
    journal: Journal
    supervisor: Supervisor
    releases: Releases
    attachments: Attachments
    addons: AddOns
    faults: Faults

    @classmethod
    def build(cls, world: World, partner: Partner) -> Sandbox:
        """Given the state and the partner, return the sandbox around them."""
        journal = Journal(world.directory)
        supervisor = Supervisor(world, journal)
        releases = Releases(world, supervisor, journal)
        attachments = Attachments(world, releases, journal)
        addons = AddOns(world, partner, attachments, releases, journal)
        return cls(world, journal, supervisor, releases, attachments, addons, Faults())

    def add_app(self, name: str) -> App:
        """Add an app without dynos, with the two releases that every app starts with."""
        app = App(name=name, features={"preboot": self.world.settings.preboot})
        self.world.apps[name] = app
        for description in ("Initial release", "Enable Logplex"):
            self.releases.create(app, description, phase=False)
        return app

    def deploy(self, app: App, process_types: dict[str, str]) -> None:
        """Give an app its process types; the release of it is the caller's."""
        app.process_types = dict(process_types)
        wanted = self.world.settings.formation
        for type_name, command in process_types.items():
            quantity = 0 if type_name == "release" else int(wanted.get(type_name, 1))
            app.formation[type_name] = FormationEntry(type=type_name, command=command, quantity=quantity)

    async def close(self) -> None:
        """End dynos and whatever is still to happen."""
        await self.addons.close()
        await self.releases.close()
        await self.supervisor.close()


SANDBOX = web.AppKey("sandbox", Sandbox)
