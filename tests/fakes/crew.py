"""Celery workers of several kinds on one broker, as remote control, the lists and the queues show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakes.broker_reports import a_queue, queues
from fakes.clock import FakeClock
from fakes.heroku import FakeHeroku
from fakes.migrations import a_migration
from fakes.store import FakeStore
from migrate.brokers.report import BrokerUnreadable, Consumer, RunningTask, WorkerNode, WorkerReport
from migrate.run import Limits, Run
from migrate.store.journal import Journal
from migrate.waits import Patience, Waiter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from migrate.brokers.report import QueueReport
    from migrate.brokers.statistics import BrokerStatistics
    from migrate.events import Event
    from migrate.migration import Migration
    from migrate.waits import Waiting

DEADLINE = 600.0
LIST_LAG = 5.0
"""Seconds after which the broker lists a new consumer."""


@dataclass
class FakeWorker:
    """One worker; all times are seconds of the clock."""

    name: str
    queues: set[str] = field(default_factory=lambda: {"celery"})
    pool: str = "prefork"
    ends: float = 0.0
    """When the task that it runs is done; a solo pool says nothing until then."""
    acknowledged: bool = True
    comes: float = -60.0
    controlled: bool = True
    """Whether it obeys remote control at all."""
    stuck: bool = False
    """Whether it answers a ping and then nothing more."""
    version: tuple[int, ...] = (5, 7, 0)
    mailbox: list[tuple[str, str]] = field(default_factory=list)

    def obey(self, command: str, queue: str) -> None:
        if command == "cancel_consumer":
            self.queues.discard(queue)
        else:
            self.queues.add(queue)


@dataclass
class Crew:
    """The broker with its workers; answers for both of its doors."""

    workers: list[FakeWorker]
    clock: FakeClock = field(default_factory=FakeClock)
    told: list[Waiting] = field(default_factory=list)
    heard: list[Event] = field(default_factory=list)
    on_look: Callable[[], None] = lambda: None

    def run(self, **decided: Any) -> Run:
        """Return one process's work on a migration that counted these workers, or as many as is said."""
        heroku: Any = FakeHeroku()
        heroku.open = lambda _variables, _name: self
        store: Any = FakeStore(self.clock)
        counted = len([worker for worker in self.workers if worker.comes <= 0])
        migration: Migration = a_migration(
            **{"attachments": ("CLOUDAMQP",), "workers": counted, "formation": {"worker": 1}, **decided}
        )
        store.create(migration)
        return Run(
            migration=migration,
            heroku=heroku,
            brokers=heroku,
            journal=Journal(store, migration.id, self.clock),
            waiter=Waiter(self.clock, self.told.append),
            emit=self.heard.append,
            who="us",
            limits=Limits(quiesce=Patience(deadline=DEADLINE, interval=0.5)),
        )

    @property
    def rabbitmq(self) -> Crew:
        return self

    @property
    def control(self) -> Crew:
        return self

    @property
    def address(self) -> Any:
        return type("Address", (), {"label": "host/vhost"})

    @property
    def consuming(self) -> dict[str, set[str]]:
        return {worker.name: set(worker.queues) for worker in self._there() if worker.queues}

    def report(
        self, expected: int | None = None, *, settings: bool = False, as_far_as_known: bool = False
    ) -> WorkerReport:
        self.on_look()
        self._read_mailboxes()
        answering = [worker for worker in self._there() if self._answers(worker)][:expected]
        if expected is None or len(answering) < expected:
            self.clock.sleep(2)
        if not as_far_as_known and any(worker.stuck for worker in answering):
            raise BrokerUnreadable("no answer")
        nodes = tuple(self._node(worker, settings=settings) for worker in answering if not worker.stuck)
        return WorkerReport(nodes, self.clock.now())

    def celery_version(self, node: str) -> tuple[int, ...]:
        return self._named(node).version

    def cancel_consumer(self, nodes: Sequence[str], queue: str) -> None:
        self._tell("cancel_consumer", nodes, queue)

    def add_consumer(self, nodes: Sequence[str], queue: str) -> None:
        self._tell("add_consumer", nodes, queue)

    def leave_word(self, command: str, node: str, queue: str) -> None:
        self._named(node).mailbox.append((command, queue))

    def consumers(self) -> tuple[Consumer, ...]:
        listed = [worker for worker in self._there() if self.clock.monotonic() >= worker.comes + LIST_LAG]
        mailboxes = (Consumer(f"{each.name}.celery.pidbox", each.name) for each in listed if each.controlled)
        return (*mailboxes, *(Consumer(queue, each.name) for each in listed for queue in sorted(each.queues)))

    def statistics(self) -> BrokerStatistics:
        raise BrokerUnreadable("nobody counts here")

    def consumer_counts(self, names: Iterable[str]) -> Mapping[str, int]:
        return {name: sum(name in worker.queues for worker in self._there()) for name in names}

    def queues(self) -> QueueReport:
        return queues(a_queue())

    def _there(self) -> list[FakeWorker]:
        return [worker for worker in self.workers if worker.comes <= self.clock.monotonic()]

    def _answers(self, worker: FakeWorker) -> bool:
        return worker.controlled and not (worker.pool == "solo" and self._is_busy(worker))

    def _is_busy(self, worker: FakeWorker) -> bool:
        return self.clock.monotonic() < worker.ends

    def _read_mailboxes(self) -> None:
        for worker in self._there():
            while worker.mailbox and self._answers(worker):
                worker.obey(*worker.mailbox.pop(0))

    def _tell(self, command: str, nodes: Sequence[str], queue: str) -> None:
        for worker in map(self._named, nodes):
            worker.obey(command, queue)

    def _named(self, name: str) -> FakeWorker:
        return next(worker for worker in self.workers if worker.name == name)

    def _node(self, worker: FakeWorker, *, settings: bool) -> WorkerNode:
        started = self.clock.now().timestamp() - self.clock.monotonic()
        running = RunningTask(f"task of {worker.name}", "shop.tasks.charge", started, worker.acknowledged)
        return WorkerNode(
            name=worker.name,
            queues=tuple(sorted(worker.queues)),
            active=(running,) if self._is_busy(worker) else (),
            reserved=0,
            held=(),
            accepted=7,
            settings={"eager_outside_workers": True} if settings else {},
            pool=worker.pool,
            size=4,
        )
