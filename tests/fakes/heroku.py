"""A Heroku with one app, its add-ons, their brokers and its workers, in memory and without any delay.

It stands where the real client stands, so that a process can be "killed" between any two instructions, a
reply lost, a call refused, the network gone for a while. Every call that changes something is in ``writes``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from msgspec.structs import replace

from fakes.broker_reports import a_node, inventory_of
from fakes.clock import FakeClock
from fakes.mover import LETTERS, FakeMover
from fakes.topology import FakeTopology
from migrate.brokers.address import BrokerAddress
from migrate.brokers.report import (
    BrokerUnreadable,
    Consumer,
    Inventory,
    Observation,
    QueueCount,
    QueueReport,
    QueueShape,
    RunningTask,
    Software,
    WorkerReport,
)
from migrate.brokers.statistics import BrokerStatistics, BrokerTroubles, QueueRates, VhostLimits
from migrate.clients.broker import readable
from migrate.clients.recent_reads import RecentReads
from migrate.errors import AppUnknown
from migrate.migration import EAGER, READ, WRITE
from migrate.platform import AddOn, App, Attachment, Dyno, Plan, ProcessType, Release
from migrate.workers.drain_places import mark_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from migrate.brokers.queues import Sorting
    from migrate.brokers.report import WorkerNode
    from migrate.clients.insistence import Insist
    from migrate.clock import Clock

P = ParamSpec("P")
T = TypeVar("T")
APP = "shop"
SLUG = "01234567-slug"
COMMANDS = {"clock": "celery -A shop beat", "web": "gunicorn shop.wsgi", "worker": "celery -A shop worker"}
PLANS = (
    Plan("cloudamqp:lemur", 0, "month", "ga"),
    Plan("cloudamqp:tiger", 1900, "month", "ga"),
    Plan("cloudamqp:bunny", 9900, "month", "ga"),
)


@dataclass
class FakeBroker:
    """One vhost and, while the app's variable leads here, its workers. Answers for both doors."""

    heroku: FakeHeroku
    address: BrokerAddress
    ready: int = 0
    gone: bool = False
    off: set[str] = field(default_factory=set)
    """Names of workers whose consumers were cancelled."""
    taken: int = 0
    running: tuple[RunningTask, ...] = ()
    """What each worker is executing."""
    others: tuple[QueueCount, ...] = ()
    """Queues beside the one that the worker consumes."""
    taken_eagerly: int = 0
    """By an eager worker, so that what follows in a chain is lost."""
    mover: FakeMover = field(default_factory=FakeMover)
    """The queue ``letters``, which nobody consumes."""
    arguments: Mapping[str, object] = field(default_factory=lambda: {"x-max-priority": 9})
    """Of that queue."""
    runs: str = "3.13.7"
    """Which RabbitMQ it is."""
    on_look: Callable[[FakeBroker], None] = lambda _broker: None
    counted: BrokerStatistics = field(default_factory=lambda: BrokerStatistics((), ()))
    """What it answers when its counters are read."""
    allows: VhostLimits = field(default_factory=lambda: VhostLimits(20, 100))
    """What it answers when its limits are read."""
    reconnecting: int = 0
    """How many roll calls its workers miss, because their connections were dropped."""
    on_touch: Callable[[str], None] = lambda _node: None
    """Called with every worker that is taken off its queues."""

    topology: FakeTopology = field(default_factory=FakeTopology)

    @property
    def rabbitmq(self) -> FakeBroker:
        return self

    @property
    def base_url(self) -> str:
        return f"https://{self.address.host}"

    @property
    def control(self) -> FakeBroker:
        return self

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of those that are connected."""
        return tuple(self._dynos)

    @property
    def _dynos(self) -> dict[str, Dyno]:
        heroku = self.heroku
        formation = heroku.worker_dynos if self.address.label in heroku.connected and not heroku.crashed else ()
        drains = [dyno for dyno, brokers in heroku.one_offs if self.address.label in brokers and dyno.state == "up"]
        return {f"worker@{dyno.id}": dyno for dyno in (*formation, *drains)}

    @property
    def consuming(self) -> tuple[str, ...]:
        return tuple(name for name in self.workers if name not in self.off)

    def version(self) -> str:
        return self.runs

    def connect(self) -> None:
        self._answer()

    def close(self) -> None:
        """Nothing to give back."""

    def queues(self) -> QueueReport:
        self._answer()
        if self.consuming and self.ready:
            self.ready -= 1
            self.taken += 1
            self.taken_eagerly += self.heroku.makes_eager(self._dynos[self.consuming[0]])
        return QueueReport((QueueCount("celery", self.ready, 0), *self._letters(), *self.others), live=True)

    def shape(self, _queue: str) -> QueueShape:
        self._answer()
        return QueueShape(durable=True, auto_delete=False, arguments=dict(self.arguments))

    def _letters(self) -> tuple[QueueCount, ...]:
        depth = self.mover.depth(LETTERS)
        return (QueueCount(LETTERS, depth.ready, 0),) if depth else ()

    def inventory(self, counted: QueueReport) -> Inventory:
        self._answer()
        return inventory_of(counted, self.report())

    def dead_letter_queues(self, _report: QueueReport) -> frozenset[str]:
        return frozenset()

    def consumers(self) -> tuple[Consumer, ...]:
        self._answer()
        return tuple(Consumer("celery", f"{name}:1 -> 10.0.0.2:2") for name in self.consuming)

    def statistics(self) -> BrokerStatistics:
        self._answer()
        return self.counted

    def rates(self) -> dict[str, QueueRates]:
        self._answer()
        return {"celery": QueueRates(2.0, 4.0)}

    def troubles(self) -> BrokerTroubles:
        return BrokerTroubles(None, None, None)

    def limits(self) -> VhostLimits:
        self._answer()
        return self.allows

    def report(
        self,
        _expected: int | None = None,
        *,
        mailboxes: Collection[str] = (),
        settings: bool = False,
        as_far_as_known: bool = False,
    ) -> WorkerReport:
        del mailboxes, as_far_as_known
        self._answer()
        if self.reconnecting:
            self.reconnecting -= 1
            return WorkerReport(())
        return WorkerReport(tuple(self._node(name, settings=settings) for name in self.workers))

    def celery_version(self, _node: str) -> tuple[int, ...]:
        return (5, 7, 0)

    def software(self, nodes: Sequence[str]) -> tuple[Software, ...]:
        return tuple(Software((5, 7, 0), (5, 7, 0)) for _ in nodes)

    def cancel_consumer(self, nodes: Sequence[str], _queue: str) -> None:
        for node in nodes:
            self.on_touch(node)
            self.off.add(node)

    def add_consumer(self, nodes: Sequence[str], _queue: str) -> None:
        self.off.difference_update(nodes)

    def consumer_counts(self, queues: Iterable[str]) -> Mapping[str, int]:
        self._answer()
        return {queue: len(self.consuming) if queue == "celery" else 0 for queue in queues}

    def observe(
        self, clock: Clock, expected_workers: int, _sorting: Sorting, *, ask_workers: bool = False
    ) -> Observation:
        del ask_workers
        self.on_look(self)
        queues = readable(self.queues)
        workers = readable(lambda: self.report(expected_workers))
        return Observation(clock.monotonic(), queues, workers, inventory_of(queues, workers))

    def _node(self, name: str, *, settings: bool) -> WorkerNode:
        queues = ("celery",) if name in self.consuming else ()
        promise: dict[str, object] = {"eager_outside_workers": True}
        if self.heroku.reads_variable:
            promise = {"task_always_eager": True} if self.heroku.makes_eager(self._dynos[name]) else {}
        conf = {**promise, **self.heroku.worker_settings} if settings else {}
        return a_node(name, queues=queues, active=self.running, accepted=self.taken, settings=conf)

    def _answer(self) -> None:
        if self.gone:
            raise BrokerUnreadable("the vhost is gone")


def _insisted(read: Callable[Concatenate[FakeHeroku, P], T]) -> Callable[Concatenate[FakeHeroku, P], T]:
    def insisted(self: FakeHeroku, /, *args: P.args, **kwargs: P.kwargs) -> T:
        def look() -> T:
            self.on_read(read.__name__)
            return read(self, *args, **kwargs)

        if self._recent is None or read.__name__ == "dynos":
            return self._insists(look)
        question = (read.__name__, args, tuple(kwargs.items()))
        recent: T = self._insists(lambda: self._recent.answer(question, look) if self._recent else look())
        return recent

    return insisted


@cache
def _label_of(url: str) -> str:
    return BrokerAddress.from_url(url, "URL").label


def _at_once(read: Callable[[], T]) -> T:
    return read()


class FakeHeroku:
    """The app ``shop``, as the client sees it."""

    _recent: RecentReads | None = None
    """Since a process works on a migration; on a clock that stands still, so that answers never get old."""

    def __init__(self, *attachments: str, name: str = APP) -> None:
        self.name = name
        self.first = "cloudamqp-old-1" if name == APP else f"cloudamqp-old-{name}"
        """The add-on that it begins with."""
        self.writes: list[str] = []
        self.insist: Insist = _at_once
        self._insists: Insist = _at_once
        self.on_read: Callable[[str], None] = lambda _name: None
        """Called with the name of every read before it is answered; what it raises is the answer."""
        self.before: Callable[[str], None] = lambda _write: None
        """Called with every write before it has its effect; what it raises keeps it from happening."""
        self.after: Callable[[str], None] = lambda _write: None
        """Called after the effect: what it raises is all that the caller learns."""
        self.maintenance = False
        self.deployed = True
        """Whether the app has a slug."""
        self.crashed = False
        """Whether the dynos do not boot on the current release."""
        self.fails: set[str] = set()
        """Writes whose release fails: the variables stay as they were."""
        self.failed_changes_survive = False
        """Whether later releases carry the variables of a failed one; Heroku does not document it."""
        self.provisions = True
        self.several = True
        """Whether the app may have two add-ons of the service."""
        self.plan_change_releases = True
        """Whether a change of plan makes a release; Heroku does not document it."""
        self.reads_variable = False
        """Whether the app turns eager in every process, workers included; otherwise it promises not to."""
        self.one_offs: list[tuple[Dyno, set[str]]] = []
        """Those that have not vanished, with the labels of the brokers that their variables led to."""
        self.worker_reads = ""
        """The one variable that the workers take their broker from; empty for all that end in _URL."""
        self.one_off_state = "up"
        """What becomes of one that is started."""
        self.quantities = {"web": 1, "worker": 1}
        self.lingering = 0
        """So many looks at the dynos still show those that were scaled away."""
        self._going: tuple[Dyno, ...] = ()
        self._starts: list[str] = []
        """Names of dynos, as often as scaling has started them."""
        self.worker_settings: dict[str, object] = {}
        self.brokers: dict[str, FakeBroker] = {}
        self.all_add_ons: dict[str, AddOn] = {}
        self.names: dict[str, str] = {}
        self.config: dict[str, str] = {}
        self.requested: dict[str, str] = {}
        """What the next release starts from."""
        self.log: list[tuple[Release, dict[str, str]]] = []
        self._new_add_on(self.first, "cloudamqp:lemur", attachments or ("CLOUDAMQP",))
        self._release("Initial release", self.requested)

    @property
    def current(self) -> Release:
        return next(release for release, _ in reversed(self.log) if release.status == "succeeded")

    @property
    def connected(self) -> set[str]:
        """Labels of the brokers that the app's variables lead to."""
        # Celery reads this one before its configuration, where it is set.
        pinned = {name: url for name, url in self.config.items() if name == READ}
        aside = (READ, WRITE, *(f"{name}_URL" for name in self.names if name.endswith(("_NEW", "_OLD"))))
        if self.worker_reads:
            pinned = {self.worker_reads: self.config[self.worker_reads]}
        named = {n: url for n, url in self.config.items() if n.endswith("_URL") and n not in aside}
        return {_label_of(url) for url in (pinned or named).values()}

    @property
    def worker_dynos(self) -> tuple[Dyno, ...]:
        return tuple(dyno for dyno in self._dynos() if dyno.type == "worker")

    def insisting(self, insist: Insist) -> FakeHeroku:
        """Let the process at hand repeat reads in its own way; the next one brings another."""
        self._insists = insist
        self._recent = RecentReads(FakeClock())
        return self

    def sharing(self) -> FakeHeroku:
        """As the client, whose reads before a migration are counted nowhere here."""
        return self

    def forget(self) -> None:
        """As the client: what was answered before is asked anew."""
        if self._recent is not None:
            self._recent.forget()

    def open(self, config_vars: Mapping[str, str], variable: str) -> FakeBroker:
        """Stands for Brokers.open."""
        return self.brokers[BrokerAddress.from_url(config_vars[variable], variable).label]

    def broker_of(self, add_on: str) -> FakeBroker:
        return next(broker for broker in self.brokers.values() if broker.address.user == add_on)

    @_insisted
    def app(self, _app: str) -> App:
        return App("app-1", self.name, maintenance=self.maintenance)

    @_insisted
    def preboot(self, _app: str) -> bool:
        return False

    @_insisted
    def config_vars(self, _app: str) -> dict[str, str]:
        return dict(self.config)

    @_insisted
    def release_config_vars(self, _app: str, version: int) -> dict[str, str]:
        return dict(next(config for release, config in self.log if release.version == version))

    def variables_of(self, app: str, release: Release) -> dict[str, str]:
        if release.status != "succeeded" or self._recent is None:
            return self.release_config_vars(app, release.version)
        known: dict[str, str] | None = self._recent.known(release.version)
        if known is None:
            known = self.release_config_vars(app, release.version)
            self._recent.keep(release.version, known)
        return known

    @_insisted
    def releases(self, _app: str, count: int = 20) -> tuple[Release, ...]:
        current = self.current
        newest = [replace(release, current=release == current) for release, _ in reversed(self.log)]
        return tuple(newest[:count])

    @_insisted
    def formation(self, _app: str) -> tuple[ProcessType, ...]:
        return tuple(ProcessType(name, count, COMMANDS[name]) for name, count in self.quantities.items())

    @_insisted
    def dynos(self, _app: str) -> tuple[Dyno, ...]:
        self.lingering -= 1
        going = self._going if self.lingering >= 0 else ()
        return (*self._dynos(), *going, *(dyno for dyno, _ in self.one_offs))

    @_insisted
    def add_ons(self, _app: str) -> tuple[AddOn, ...]:
        return tuple(self.all_add_ons.values())

    @_insisted
    def add_on(self, _app: str, identity: str) -> AddOn | None:
        return next((item for item in self.all_add_ons.values() if identity in {item.id, item.name}), None)

    @_insisted
    def attachments(self, _app: str) -> tuple[Attachment, ...]:
        return tuple(Attachment(f"id-{name}", name, add_on, self.name) for name, add_on in self.names.items())

    @_insisted
    def attachments_of(self, add_on: str) -> tuple[Attachment, ...]:
        found = self.add_on(APP, add_on)
        return tuple(item for item in self.attachments(APP) if found and item.add_on == found.name)

    @_insisted
    def plans(self, _service: str) -> tuple[Plan, ...]:
        return PLANS

    def patch_config_vars(self, _app: str, changes: Mapping[str, str | None]) -> None:
        what, name = ("bridge", WRITE) if WRITE in changes else ("eager", EAGER)
        write = f"unset {what}" if changes.get(name) is None else f"set {what}"
        self._set_out(write)
        self.writes.append(write)
        merged: dict[str, str | None] = {**self.requested, **changes}
        wanted = {name: value for name, value in merged.items() if value is not None}
        if wanted != self.requested:
            self._release(write, wanted)
        self.after(write)

    def release_slug(self, _app: str, slug: str, *, description: str) -> None:
        assert slug == SLUG
        self._set_out("redeploy")
        self.writes.append("redeploy")
        self._release("redeploy", self.requested, description)
        self.after("redeploy")

    def push(self) -> None:
        """What somebody deploys from a shell."""
        self._release("push", self.requested, "Deploy 1a2b3c4")

    def set_maintenance(self, _app: str, *, on: bool) -> None:
        write = f"maintenance {'on' if on else 'off'}"
        self._set_out(write)
        self.writes.append(write)
        self.maintenance = on
        self.after(write)

    def scale(self, _app: str, quantities: Mapping[str, int]) -> None:
        write = "scale " + ", ".join(f"{name}={count}" for name, count in quantities.items())
        self._set_out(write)
        self.writes.append(write)
        was = self._dynos()
        self.quantities |= quantities
        self._starts += [dyno.name for dyno in self._dynos() if dyno.name not in {other.name for other in was}]
        self._going = tuple(dyno for dyno in was if dyno not in self._dynos())
        self.after(write)

    def run_dyno(self, _app: str, *, command: str, size: str, seconds: int) -> Dyno:
        assert (size, seconds) == ("Standard-1X", 86_400)
        write = f"run {mark_in(Dyno('', '', '', '', 0, command))}"
        self._set_out(write)
        self.writes.append(write)
        number = 1000 + sum(item.startswith("run ") for item in self.writes)
        dyno = Dyno(f"run-{number}", f"run.{number}", "run", self.one_off_state, self.current.version, command)
        bridges = f'{READ}="${WRITE}"' in command
        new = {BrokerAddress.from_url(self.config[WRITE], "URL").label} if bridges else set()
        self.one_offs.append((dyno, new or self.connected))
        self.after(write)
        return dyno

    def stop_dyno(self, _app: str, name: str) -> None:
        self._set_out(f"stop {name}")
        self.writes.append(f"stop {name}")
        if name not in {dyno.name for dyno, _ in self.one_offs}:
            raise AppUnknown("Heroku knows no such dyno.")
        self.lose_dyno(name)
        self.after(f"stop {name}")

    def lose_dyno(self, name: str) -> None:
        """One-off dynos that end are gone from the list."""
        self.one_offs = [(dyno, brokers) for dyno, brokers in self.one_offs if dyno.name != name]

    def makes_eager(self, dyno: Dyno) -> bool:
        """Whether the app is eager in a dyno, by the variables that it was started with."""
        config = next(config for release, config in self.log if release.version == dyno.version)
        taken_away = dyno.command.startswith("env -u CELERY_ALWAYS_EAGER ")
        return self.reads_variable and config.get("CELERY_ALWAYS_EAGER") == "True" and not taken_away

    def create_add_on(self, _app: str, *, plan: str, name: str, attachment: str) -> AddOn:
        self._set_out("add")
        self.writes.append("add")
        made = self._new_add_on(name, plan, (attachment,))
        self._release("add", self.requested)
        self.after("add")
        return made

    def delete_add_on(self, _app: str, add_on: str) -> None:
        removed = self.add_on(APP, add_on)
        if removed is None:
            raise AppUnknown("Heroku knows no such add-on.")
        write = "remove" if removed.name == self.first else "remove new"
        self._set_out(write)
        self.writes.append(write)
        del self.all_add_ons[removed.name]
        self.broker_of(removed.name).gone = True
        mine = [name for name, owner in self.names.items() if owner == removed.name]
        for name in mine:
            del self.names[name]
            self.requested = {var: value for var, value in self.requested.items() if var != f"{name}_URL"}
        self._release(write, self.requested)
        self.after(write)

    def attach(self, _app: str, *, add_on: str, name: str, replace: bool = False) -> None:
        found = self.add_on(APP, add_on)
        if found is None:
            raise AppUnknown("Heroku knows no such add-on.")
        held = self.names.get(name)
        write = f"move {name} to {found.plan}" if held else f"attach {name}"
        self._set_out(write)
        self.writes.append(write)
        if held is not None:
            assert replace, "Heroku refuses a name that is taken"
            assert held == found.name or list(self.names.values()).count(held) > 1, "the last attachment stays"
            self._take_name(name)
            self._release(f"detach {name}", self.requested)
        self._attach(name, found.name)
        self._release(write, self.requested)
        self.after(write)

    def detach(self, attachment: str) -> None:
        name = attachment.removeprefix("id-")
        write = f"detach {name}"
        self._set_out(write)
        self.writes.append(write)
        assert list(self.names.values()).count(self.names[name]) > 1, "the last attachment stays"
        self._take_name(name)
        self._release(write, self.requested)
        self.after(write)

    def change_plan(self, _app: str, add_on: str, plan: str) -> None:
        write = f"change to {plan}"
        self._set_out(write)
        self.writes.append(write)
        found = self.add_on(APP, add_on)
        assert found is not None
        self.all_add_ons[found.name] = replace(found, plan=plan)
        if self.plan_change_releases:
            self._release(write, self.requested)
        self.after(write)

    def _set_out(self, write: str) -> None:
        self.forget()
        self.before(write)

    def several_per_app(self, _service: str) -> bool:
        return self.several

    def _new_add_on(self, name: str, plan: str, attachments: tuple[str, ...]) -> AddOn:
        state = "provisioned" if self.provisions else "deprovisioned"
        made = AddOn(
            f"id-of-{name}", name, plan, "cloudamqp", state, self.name, tuple(f"{a}_URL" for a in attachments[:1])
        )
        self.all_add_ons[name] = made
        address = BrokerAddress.from_url(f"amqps://{name}:canary-{name}@host/{name}", "URL")
        self.brokers[address.label] = FakeBroker(self, address)
        # One that cannot be provided goes with its attachments.
        for attachment in attachments if self.provisions else ():
            self._attach(attachment, name)
        return made

    def _dynos(self) -> tuple[Dyno, ...]:
        state, version = "crashed" if self.crashed else "up", self.current.version
        names = [(type_, f"{type_}.{n}") for type_, count in self.quantities.items() for n in range(1, count + 1)]
        starts = Counter(self._starts)
        return tuple(Dyno(f"{name}-v{version}-{starts[name]}", name, type_, state, version) for type_, name in names)

    def _take_name(self, name: str) -> None:
        del self.names[name]
        self.requested = {var: value for var, value in self.requested.items() if var != f"{name}_URL"}

    def _attach(self, name: str, add_on: str) -> None:
        self.names[name] = add_on
        self.requested = {**self.requested, f"{name}_URL": f"amqps://{add_on}:canary-{add_on}@host/{add_on}"}

    def _release(self, write: str, config: dict[str, str], description: str = "") -> None:
        self.forget()
        status = "failed" if write in self.fails else "succeeded"
        version = len(self.log) + 1
        slug = SLUG if self.deployed else None
        release = Release(version, status, current=False, description=description or write, slug=slug)
        self.log.append((release, dict(config)))
        if status == "succeeded":
            self.config = self.requested = dict(config)
        elif self.failed_changes_survive:
            self.requested = dict(config)
