"""The state of the sandbox: plain data, changed only between awaits of one event loop."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migrate.sandbox import clock

if TYPE_CHECKING:
    import asyncio
    from datetime import datetime
    from pathlib import Path

    from migrate.sandbox.plans import PlanSpec
    from migrate.sandbox.processes import ProcessTree
    from migrate.sandbox.settings import SandboxSettings


def new_id() -> str:
    """Return a fresh id in the form of the Platform API."""
    return str(uuid.uuid4())


def fixed_id(kind: str, name: str) -> str:
    """Return the id of a thing that is the same in every sandbox (a plan, a service, a region)."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://api.heroku.com/{kind}/{name}"))


@dataclass(kw_only=True, eq=False)
class Record:
    """What every resource of the Platform API has."""

    id: str = field(default_factory=new_id)
    created_at: datetime = field(default_factory=clock.now)
    updated_at: datetime = field(default_factory=clock.now)

    def touch(self) -> None:
        """Note that the record changed now."""
        self.updated_at = clock.now()


@dataclass(kw_only=True, eq=False)
class Account(Record):
    """The one who owns the token."""

    email: str
    token: str


@dataclass(kw_only=True, eq=False)
class Release(Record):
    """A change of an app. `config` is the whole map that its dynos get."""

    app: App
    version: int
    description: str
    user_email: str
    change: dict[str, str | None]
    config: dict[str, str]
    plan_names: list[str]
    runs_phase: bool
    status: str = "pending"
    output_log: Path | None = None
    """Where the release phase prints; None before its command starts."""
    outcome: asyncio.Future[str] | None = None
    """Set for a release that waits until somebody says how its phase ends."""


@dataclass(kw_only=True, eq=False)
class FormationEntry(Record):
    """How many dynos of a type the app wants."""

    type: str
    command: str
    quantity: int
    size: str = "Standard-1X"


@dataclass(kw_only=True, eq=False)
class Dyno(Record):
    """One dyno; its process may not run yet, run, or wait for a restart after a crash."""

    app: App
    name: str
    type: str
    command: str
    release: Release
    retired: asyncio.Event
    size: str = "Standard-1X"
    state: str = "starting"
    one_off: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    port: int | None = None
    process: ProcessTree | None = None
    exit_code: int | None = None

    def enter(self, state: str) -> None:
        """Change the state that the Platform API shows."""
        self.state = state
        self.touch()


@dataclass(kw_only=True, eq=False)
class App(Record):
    """An app with its releases, formation and visible dynos."""

    name: str
    maintenance: bool = False
    slug_id: str = field(default_factory=new_id)
    process_types: dict[str, str] = field(default_factory=dict)
    """From the Procfile; the type `release` included. Empty for an app without dynos."""
    releases: list[Release] = field(default_factory=list)
    current: Release | None = None
    requested: dict[str, str] = field(default_factory=dict)
    """The config of the newest release, live or not."""
    formation: dict[str, FormationEntry] = field(default_factory=dict)
    dynos: dict[str, Dyno] = field(default_factory=dict)
    overlapping: list[Dyno] = field(default_factory=list)
    """Web dynos that preboot keeps serving and no listing shows."""
    features: dict[str, bool] = field(default_factory=dict)

    @property
    def live_config(self) -> dict[str, str]:
        """The config of the current release: what reads show and new dynos get."""
        return dict(self.current.config) if self.current else {}


@dataclass(frozen=True)
class Credentials:
    """What the partner hands out for one instance."""

    user: str
    password: str
    vhost: str
    url: str
    api_key: str


@dataclass(kw_only=True, eq=False)
class AddOn(Record):
    """One CloudAMQP instance, billed to `app`."""

    name: str
    app: App
    plan: PlanSpec
    credentials: Credentials
    state: str = "provisioning"


@dataclass(kw_only=True, eq=False)
class Attachment(Record):
    """The name under which an app sees an add-on."""

    name: str
    app: App
    addon: AddOn

    @property
    def variables(self) -> dict[str, str]:
        """The config vars of this attachment: two, as CloudAMQP sets them."""
        credentials = self.addon.credentials
        return {f"{self.name}_URL": credentials.url, f"{self.name}_APIKEY": credentials.api_key}


@dataclass
class World:
    """All of it."""

    directory: Path
    app_dir: Path
    settings: SandboxSettings
    account: Account
    apps: dict[str, App] = field(default_factory=dict)
    addons: dict[str, AddOn] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)

    @property
    def main_app(self) -> App:
        """The app that has dynos and is behind the router."""
        return self.apps[self.settings.app]

    def attachments_of(self, app: App) -> list[Attachment]:
        """Return the attachments of an app, oldest first."""
        return [item for item in self.attachments.values() if item.app is app]

    def attachments_to(self, addon: AddOn) -> list[Attachment]:
        """Return the attachments to an add-on on all apps, oldest first."""
        return [item for item in self.attachments.values() if item.addon is addon]

    def attached_variables(self, app: App) -> set[str]:
        """Return the names of the config vars that belong to the app's attachments."""
        return {name for item in self.attachments_of(app) for name in item.variables}
