"""The state of the sandbox: plain data, changed only between awaits of one event loop."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migrate.sandbox import clock

if TYPE_CHECKING:
    import asyncio
    from datetime import datetime
    from pathlib import Path

    from migrate.sandbox.dynos.meeting import Meeting
    from migrate.sandbox.dynos.processes import ProcessTree
    from migrate.sandbox.partner.plans import PlanSpec
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
    """Somebody with tokens. What stands in the way of the account stands in the way of each of them."""

    email: str
    delinquent: bool = False
    suspended: bool = False
    second_factor: bool = False
    """Whether requests about apps need a second factor."""
    authorized_apps: set[str] = field(default_factory=set)
    """Ids of apps for which a second factor was given in advance."""


@dataclass(kw_only=True, eq=False)
class Authorization(Record):
    """A token, and what it may be used for: https://devcenter.heroku.com/articles/oauth#scopes."""

    account: Account
    token: str = field(default_factory=lambda: f"HRKU-{secrets.token_urlsafe(24)}")
    scope: tuple[str, ...] = ("global",)
    description: str = "sandbox"


@dataclass(kw_only=True, eq=False)
class Slug(Record):
    """What a build made: files that nobody changes any more, and how to run them."""

    directory: Path
    process_types: dict[str, str]
    """From the Procfile; the type `release` included."""
    programs: Path
    """The directory of the interpreter, which goes first in a dyno's PATH."""
    commit: str = ""


@dataclass(kw_only=True, eq=False)
class Source(Record):
    """A place for one tarball of source code; who has the key may put it there and get it."""

    archive: Path
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))


@dataclass(frozen=True)
class SourceBlob:
    """What a build was told of its source."""

    url: str
    version: str | None = None
    version_description: str | None = None
    checksum: str | None = None


@dataclass(kw_only=True, eq=False)
class Build(Record):
    """A source on its way to a slug and a release."""

    app: App
    account: Account
    source: Source
    blob: SourceBlob
    log: Path
    status: str = "pending"
    slug: Slug | None = None
    release: Release | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to the build, and its log is complete."""
        return self.status != "pending"


@dataclass(kw_only=True, eq=False)
class Release(Record):
    """A change of an app. `config` is the whole map that its dynos get."""

    app: App
    version: int
    description: str
    user_email: str
    change: dict[str, str | None]
    config: dict[str, str]
    slug: Slug | None
    plan_names: list[str]
    runs_phase: bool
    status: str = "pending"
    output_log: Path | None = None
    """Where the release phase prints; None before its command starts."""
    outcome: asyncio.Future[str] | None = None
    """Set for a release that waits until somebody says how its phase ends."""

    @property
    def process_types(self) -> dict[str, str]:
        """The commands by process type; none before the first deploy."""
        return self.slug.process_types if self.slug else {}


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
    meeting: Meeting | None = None
    """Where an attached dyno waits for its client."""
    exit_code: int | None = None

    def enter(self, state: str) -> None:
        """Change the state that the Platform API shows."""
        self.state = state
        self.touch()


@dataclass(kw_only=True, eq=False)
class App(Record):
    """An app with its releases, formation and visible dynos."""

    name: str
    owner: Account
    region: str = "us"
    stack: str = "heroku-24"
    collaborators: list[Account] = field(default_factory=list)
    maintenance: bool = False
    builds: dict[str, Build] = field(default_factory=dict)
    slugs: dict[str, Slug] = field(default_factory=dict)
    releases: list[Release] = field(default_factory=list)
    current: Release | None = None
    requested: dict[str, str] = field(default_factory=dict)
    """The config of the newest release, live or not."""
    requested_slug: Slug | None = None
    """The slug of the newest release, live or not."""
    formation: dict[str, FormationEntry] = field(default_factory=dict)
    dynos: dict[str, Dyno] = field(default_factory=dict)
    overlapping: list[Dyno] = field(default_factory=list)
    """Web dynos that preboot keeps serving and no listing shows."""
    features: dict[str, bool] = field(default_factory=dict)

    @property
    def live_config(self) -> dict[str, str]:
        """The config of the current release: what reads show and new dynos get."""
        return dict(self.current.config) if self.current else {}

    def is_shown_to(self, account: Account) -> bool:
        """Return whether an account owns the app or works on it."""
        return account is self.owner or account in self.collaborators


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
    configured_since: datetime = field(default_factory=clock.now)
    """When it was provisioned, or last changed to another plan."""


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
    settings: SandboxSettings
    account: Account
    """The one whom the sandbox was made for."""
    accounts: dict[str, Account] = field(default_factory=dict)
    """By e-mail address."""
    authorizations: dict[str, Authorization] = field(default_factory=dict)
    """By token."""
    apps: dict[str, App] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    addons: dict[str, AddOn] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    dyno_environment: dict[str, str] = field(default_factory=dict)
    """What dynos get besides the config vars, of which no release and no listing knows."""

    @property
    def main_app(self) -> App:
        """The app that the sandbox was made for, and that the router's own address leads to."""
        return self.apps[self.settings.app]

    def log_of(self, app: App, dyno: str) -> Path:
        """Return the file that the dynos of a name print to, one after another."""
        return self.directory / "logs" / app.name / f"{dyno}.log"

    def attachments_of(self, app: App) -> list[Attachment]:
        """Return the attachments of an app, oldest first."""
        return [item for item in self.attachments.values() if item.app is app]

    def attachments_to(self, addon: AddOn) -> list[Attachment]:
        """Return the attachments to an add-on on all apps, oldest first."""
        return [item for item in self.attachments.values() if item.addon is addon]

    def attached_variables(self, app: App) -> set[str]:
        """Return the names of the config vars that belong to the app's attachments."""
        return {name for item in self.attachments_of(app) for name in item.variables}
