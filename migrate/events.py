"""What happens during a migration, as frozen values; listeners draw, log and record them.

docs/events.md lists every type; a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import Struct, field, to_builtins

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from migrate.advice.connection_rows import ConnectionRow
    from migrate.advice.flower_line import FlowerLine
    from migrate.advice.flower_places import Place
    from migrate.advice.message_rate import MessageRate
    from migrate.advice.plan_rows import PlanRow
    from migrate.advice.row import Row
    from migrate.brokers.queue_rows import QueueRow
    from migrate.fleet.rows import FleetRow, LookedAt
    from migrate.history import Past
    from migrate.planning.fingerprint import Change
    from migrate.preflight.finding import Finding
    from migrate.preview import Depth, Estimate, Found, Outlook, Preview


def _plain(value: object) -> str | int | float:
    """Given a text or number of a library's own kind, return it as Python's: no event is lost for that."""
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


class Event(Struct, frozen=True):
    """One thing that happened; ``type`` names it in JSON."""

    type: ClassVar[str]

    def to_json(self, *, at: datetime, migration: str) -> dict[str, Any]:
        """Given when and in which migration it happened, return one line of the event stream."""
        head = {"v": 1, "type": self.type, "time": at.isoformat(timespec="milliseconds"), "migration": migration}
        return {**head, **to_builtins(self, enc_hook=_plain)}


class Previewed(Event, frozen=True):
    """What was found, and what each step would do; nothing was changed."""

    type = "preview"
    app: str
    add_on: str
    from_plan: str
    to_plan: str
    price_before: str
    price_after: str
    strategy: str
    findings: tuple[Finding, ...]
    steps: tuple[Preview, ...]
    queues: tuple[QueueRow, ...] = ()
    strategies: tuple[Outlook, ...] = ()
    """Every strategy with what it costs, or why it is out of the question."""
    found: tuple[Found, ...] = ()
    """App, add-on, broker and workers, for people."""
    depths: tuple[Depth, ...] = ()
    """The work queues with most messages."""
    estimate: Estimate | None = None
    """How long the chosen strategy may take; None where it cannot be said at all."""
    held_before: tuple[str, ...] = ()
    """The steps before which it waits for an operator."""


class PreviewOutdated(Event, frozen=True):
    """A saved preview does not fit the app any more."""

    type = "preview.outdated"
    app: str
    changes: tuple[Change, ...]


class CommandStarted(Event, frozen=True):
    """A command of the operator's runs; what it prints is its own."""

    type = "command.started"
    step: str
    command: str


class CommandEnded(Event, frozen=True):
    """A command of the operator's has ended."""

    type = "command.ended"
    step: str
    status: str


class MigrationStarted(Event, frozen=True):
    """A migration began, goes on after ``resume``, or goes back."""

    type = "migration.started"
    app: str
    add_on: str
    from_plan: str
    to_plan: str
    strategy: str
    steps: tuple[str, ...]
    resumed: bool
    back: bool = False
    """Whether it is on its way back, after ``rollback``."""
    began: str = ""
    """When it began, in ISO 8601; empty where that is not known."""
    eager_since: str | None = None
    """Since when tasks run inside their callers, likewise; None: they do not, as far as is known."""
    point_of_no_return: str = ""
    """The step that cannot be undone; empty where there is none."""
    titles: tuple[str, ...] = ()
    """What each step does, in their order."""


class StepAhead(Event, frozen=True):
    """A step is about to begin; only hooks are asked."""

    type = "step.before"
    step: str


class StepStarted(Event, frozen=True):
    """A step began."""

    type = "step.started"
    step: str
    title: str


class StepWaiting(Event, frozen=True):
    """A step looks again soon; ``detail`` has numbers where there are any."""

    type = "step.waiting"
    step: str
    reason: str
    detail: Mapping[str, object] = field(default_factory=dict)


class StepNoted(Event, frozen=True):
    """A step has something to say that is neither progress nor its end."""

    type = "step.noted"
    step: str
    text: str


class HeldAtGate(Event, frozen=True):
    """The migration waits before a step until an operator opens the gate."""

    type = "gate.closed"
    step: str
    opens: str
    """The command that opens it, from any machine with the store."""
    seconds: float
    """For how long this process waits."""
    state: str
    """What is true of the app meanwhile."""
    eager_since: str
    """Since when tasks run inside their callers; empty where they do not."""
    costs: str
    """What that means for people; empty likewise."""


class GateOpened(Event, frozen=True):
    """An operator opened the gate; the step begins."""

    type = "gate.opened"
    step: str
    who: str
    seconds: float
    """For how long this process waited."""


class StepDone(Event, frozen=True):
    """A step has done its work and proven it."""

    type = "step.done"
    step: str
    seconds: float


class StepSkipped(Event, frozen=True):
    """A step was done by an earlier process."""

    type = "step.skipped"
    step: str


class EffectRequested(Event, frozen=True):
    """A call that changes the app is about to be sent; its intent is in the store."""

    type = "effect.requested"
    step: str
    effect: str


class EffectConfirmed(Event, frozen=True):
    """A call that changes the app had its effect; ``settled`` when that was found by asking."""

    type = "effect.confirmed"
    step: str
    effect: str
    settled: bool


class ApiCalled(Event, frozen=True):
    """A call to Heroku's API got its answer, or none."""

    type = "api.call"
    step: str
    """The step at hand; empty before the first one."""
    method: str
    path: str
    status: int | None
    """None where there was no answer."""
    error: str
    """Heroku's id of the error, or the kind of failure where there was no answer; empty where all is well."""
    request_id: str
    """What Heroku's support asks for; empty where there was no answer."""
    seconds: float
    remaining: int | None
    """Calls left in the account's budget, as far as replies have told."""

    @property
    def is_read(self) -> bool:
        """Whether it can have changed nothing."""
        return self.method == "GET"


class ReleaseLive(Event, frozen=True):
    """A release has succeeded and is the current one; its dynos are still to come."""

    type = "release.live"
    step: str
    version: int


class DynosRunning(Event, frozen=True):
    """Every dyno of the formation runs a release."""

    type = "dynos.live"
    step: str
    version: int
    dynos: int


class MessagesMoved(Event, frozen=True):
    """Messages of a queue were taken out of a broker, or put into one."""

    type = "messages.moved"
    step: str
    queue: str
    messages: int
    to: str
    """``spool`` or ``broker``."""


class BrokerCounted(Event, frozen=True):
    """Who is connected to a broker, and what it has counted; None where that could not be read."""

    type = "broker.counted"
    step: str
    broker: str = ""
    messages: int | None = None
    connections: Mapping[str, int] | None = None
    """By software, this program's own left out."""
    consumers: Mapping[str, int] | None = None
    """By work queue."""
    published: int | None = None
    """To all work queues, since they were made."""
    acknowledged: int | None = None
    unknown: tuple[str, ...] = ()
    """Why something could not be read."""


class AppSeen(Event, frozen=True):
    """What the app has, before a migration and after it. Values are in it nowhere."""

    type = "app.seen"
    step: str
    release: int | None = None
    variables: tuple[str, ...] | None = None
    since: int | None = None
    """The release that variables were compared with; None where they were not."""
    changed: Mapping[str, str] | None = None
    """By variable: added, removed or changed; None where they were not compared."""
    attachments: Mapping[str, str] | None = None
    """Names under which the app knows its CloudAMQP add-ons, each with the add-on."""
    add_ons: tuple[Mapping[str, str | None], ...] | None = None
    formation: Mapping[str, int] | None = None
    unknown: str = ""
    """Why nothing could be read."""


class RecordIncomplete(Event, frozen=True):
    """Events are missing from the record in the store, before this one."""

    type = "record.incomplete"
    missing: int
    """How many."""
    why: str


class StatusRead(Event, frozen=True):
    """What the store knows of a migration."""

    type = "status"
    app: str
    from_plan: str
    to_plan: str
    phase: str
    """running, stopped, rolling-back, done, rolled-back, abandoned or ended."""
    holder: str
    """The process that works on it now; empty for none."""
    since: str
    steps: Mapping[str, bool]
    """Every step with whether it is done."""
    step: str = ""
    """The step at hand, or at which it stopped; empty where there is none."""
    step_since: str = ""
    """ISO 8601; empty where the record does not say."""
    waiting: str = ""
    """What that step waits for; empty where it does not wait, or the record does not say."""
    waiting_seen: str = ""
    """When that was so, ISO 8601."""
    eager_since: str = ""
    """Since when tasks run inside their callers, ISO 8601; empty where they do not."""


class HistoryRead(Event, frozen=True):
    """Every migration that the store knows, newest first."""

    type = "history"
    migrations: tuple[Past, ...]


class PlansListed(Event, frozen=True):
    """The plans that can be ordered now."""

    type = "plans"
    app: str
    """Empty where none was named."""
    current: str
    """The app's plan; empty without an app."""
    plans: tuple[PlanRow, ...]


class MessagesCounted(Event, frozen=True):
    """What goes through an app's broker, and what that comes to in a month."""

    type = "messages"
    app: str
    add_on: str
    plan: str
    rate: MessageRate


class Advised(Event, frozen=True):
    """How an app uses its broker, against what CloudAMQP recommends."""

    type = "doctor"
    app: str
    """The Heroku app, or the name of the checkout's directory."""
    add_on: str
    """Empty for a checkout."""
    plan: str
    """The plan that it is judged for."""
    source: str
    """What was looked at: ``app``, ``one-off`` where a one-off dyno told its settings, or ``checkout``."""
    rows: tuple[Row, ...]


class ConnectionsCounted(Event, frozen=True):
    """What an app needs of its broker's connections, what is open now, and whether it fits the plan."""

    type = "connections"
    app: str
    add_on: str
    plan: str
    what_if: str
    """What was asked about; empty for the app as it is."""
    verdict: str
    """fits, too many, too many in a release, or unknown."""
    why: str
    fixes: tuple[str, ...]
    """What would make it fit, each by itself."""
    limit: int | None
    """None where it is not known."""
    limit_source: str
    formula: int | None
    """CloudAMQP's; None where a number of it is not known."""
    estimate: int
    in_a_release: int
    lower_bound: bool
    """Whether the two may be more."""
    open: int | None
    """Of others; None where it could not be read."""
    unplaced: int | None
    """Of these: whose process type cannot be told."""
    unexplained: int
    """Open beyond what process types account for; in both estimates."""
    own: int
    """What migrate-plan opens at most; in both estimates."""
    rows: tuple[ConnectionRow, ...]


class FlowerRead(Event, frozen=True):
    """How Flower is to be told which broker to read, and what tells one now."""

    type = "flower"
    app: str
    add_on: str
    line: FlowerLine
    processes: tuple[str, ...]
    """Process types that are seen to run Flower."""
    places: tuple[Place, ...]
    """Where an address stands, and where it leads."""
    not_looked_for: str
    """Why copies of the old broker's address could not be looked for; empty where they were."""


class SpoolRead(Event, frozen=True):
    """What is in a spool, by queue."""

    type = "spool"
    of: str
    """The migration."""
    app: str
    path: str
    queues: tuple[Mapping[str, object], ...]
    """Each with name, messages, waiting and in_doubt."""


class SpoolMessage(Event, frozen=True):
    """One message of a spool, without its contents."""

    type = "spool.message"
    queue: str
    task: str
    """The task's name; empty where it is no Celery task."""
    id: str
    bytes: int
    state: str
    """waiting, in doubt or published."""


class FleetPreviewed(Event, frozen=True):
    """What a fleet would do: its waves, and of each app what was found; nothing was changed."""

    type = "fleet.preview"
    name: str
    to_plan: str
    waves: int
    gate: str
    """hold or auto."""
    allowed_failures: int
    parallel: int
    apps: tuple[LookedAt, ...]


class FleetAppChanged(Event, frozen=True):
    """An app of a fleet has begun, ended, or got to another step."""

    type = "fleet.app"
    fleet: str
    app: str
    wave: int
    state: str
    text: str
    """For people."""


class FleetSeen(Event, frozen=True):
    """How a fleet stands."""

    type = "fleet"
    fleet: str
    name: str
    to_plan: str
    word: str
    """running, paused, stopped or ended."""
    why: str
    """Why it was stopped; empty where it was not, or an operator said so."""
    waves: int
    gate: int
    """The wave that waits for a word; 0 for none."""
    counts: Mapping[str, int]
    """How many apps are in which state."""
    eager_seconds: float
    """Of all apps together, as far as they are done."""
    seconds: float
    """From the first app's beginning to the last one's end, or to now."""
    apps: tuple[FleetRow, ...]


class Rehearsed(Event, frozen=True):
    """What a rehearsal found, before its result."""

    type = "rehearsal"
    app: str
    queues: Mapping[str, int]
    """Work queues with how many consumers each had before the migration."""
    tasks: Mapping[str, Mapping[str, int]]
    """By name: handed_over, executed, lost, doubled."""
    lost: Mapping[str, str]
    """Names by id."""
    doubled: Mapping[str, str]
    """Names by id."""
    raised: int
    revoked: int
    refused: int
    clean: bool
    requests: tuple[Mapping[str, object], ...]
    """By phase: before, in and after the eager window, or the migration where there was none."""
    figures: Mapping[str, float]
    """What the migration cost: releases, restarts, eager_seconds, brokerless_seconds, seconds."""


class Result(Event, frozen=True):
    """The last event of every command: how it ended, what state the app is in, what to type next."""

    type = "result"
    exit: int
    code: str
    what: str
    why: str
    state: str
    next: tuple[str, ...]
    """Commands, in the order in which to type them."""
    runbook: str = ""
    """The page in runbooks/ that has a heading for this code; empty where all is well."""
    back: str = ""
    """The command that undoes the migration instead; empty where there is nothing to undo, or no way back."""
    eager_seconds: float | None = None
    choices: tuple[str, ...] = ()
    """Commands of which one may be typed instead of the next."""
