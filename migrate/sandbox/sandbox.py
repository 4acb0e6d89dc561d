"""The parts of a sandbox put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from migrate.sandbox.addons import AddOns
from migrate.sandbox.attachments import Attachments
from migrate.sandbox.dyno_life import DynoLife
from migrate.sandbox.dynos import Supervisor
from migrate.sandbox.faults import Faults
from migrate.sandbox.journal import Journal
from migrate.sandbox.logplex import Logplex
from migrate.sandbox.releases import Releases
from migrate.sandbox.rendezvous import Rendezvous
from migrate.sandbox.world import App

if TYPE_CHECKING:
    from migrate.sandbox.cloudamqp import Partner
    from migrate.sandbox.world import Account, Release, Slug, World


@dataclass(frozen=True)
class Sandbox:
    """What a handler of the Platform API can use."""

    world: World
    journal: Journal
    logplex: Logplex
    rendezvous: Rendezvous
    supervisor: Supervisor
    releases: Releases
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
        attachments = Attachments(world, releases, journal)
        addons = AddOns(world, partner, attachments, releases, journal)
        meetings = Rendezvous()
        return cls(world, journal, logplex, meetings, supervisor, releases, attachments, addons, Faults())

    def add_app(self, name: str, owner: Account | None = None) -> App:
        """Add an app without dynos, with the two releases that every app starts with."""
        owner = owner or self.world.account
        app = App(name=name, owner=owner, features={"preboot": self.world.settings.preboot})
        self.world.apps[name] = app
        for description in ("Initial release", "Enable Logplex"):
            self.releases.create(app, description, phase=False)
        return app

    async def remove_app(self, app: App) -> None:
        """Remove an app with its dynos, its add-ons (also where others have them attached) and its log."""
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
        self.journal.event("app removed", app=app.name)

    def deploy(self, app: App, slug: Slug, *, user: str | None = None) -> Release:
        """Release a slug; its process types become the app's when the release is live."""
        app.slugs[slug.id] = slug
        return self.releases.create(app, f"Deploy {(slug.commit or slug.id)[:8]}", slug=slug, user=user)

    async def close(self) -> None:
        """End dynos and whatever is still to happen."""
        await self.addons.close()
        await self.releases.close()
        await self.supervisor.close()


SANDBOX = web.AppKey("sandbox", Sandbox)
