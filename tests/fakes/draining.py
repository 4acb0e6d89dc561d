"""A broker that drains by a clock: how much is left is a function of the time, and every look at it is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakes.broker_reports import a_node, a_queue, inventory_of, queues, workers
from fakes.heroku import FakeHeroku
from fakes.migrations import a_migration
from fakes.store import FakeStore
from migrate.brokers.report import BrokerUnreadable, Consumer, HeldTask, Observation, QueueReport, WorkerReport
from migrate.brokers.statistics import BrokerStatistics, BrokerTroubles
from migrate.clients.broker import readable
from migrate.drain.emptiness import DYNOS_UP, watch
from migrate.migration import EAGER, MARKER
from migrate.run import Limits, Run
from migrate.store.journal import Journal
from migrate.waits import Patience, Waiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.clock import FakeClock
    from migrate.brokers.queues import Sorting
    from migrate.clock import Clock
    from migrate.waits import Waiting

IN_HAND = 8
"""Messages that the workers have taken at most."""


@dataclass
class DrainingBroker:
    """One queue; ``left`` says how many messages there are after so many seconds."""

    clock: FakeClock
    left: Callable[[float], int]
    seconds_a_look: float = 0.01
    seconds_a_question: float = 0.09
    """To the workers, on top."""
    seconds_besides: float = 0.0
    """For the statistics, which no verdict rests on."""
    queue_type: str = "classic"
    live: bool = True
    readable_at: Callable[[float], bool] = lambda _seconds: True
    held: tuple[HeldTask, ...] = ()
    """Until each is due it is one of the messages."""
    looks: int = 0
    questions: int = 0
    """How often the workers were asked."""

    @property
    def rabbitmq(self) -> DrainingBroker:
        return self

    @property
    def control(self) -> DrainingBroker:
        return self

    def report(self, _expected: int | None = None, *, as_far_as_known: bool) -> WorkerReport:
        assert as_far_as_known
        return workers(a_node(held=self._held()))

    def statistics(self) -> BrokerStatistics:
        self.clock.sleep(self.seconds_besides)
        return BrokerStatistics((), ())

    def troubles(self) -> BrokerTroubles:
        return BrokerTroubles(None, None, None)

    def consumers(self) -> tuple[Consumer, ...]:
        return ()

    def observe(self, clock: Clock, _expected: int, sorting: Sorting, *, ask_workers: bool = False) -> Observation:
        self.looks += 1
        began = clock.monotonic()
        report = readable(self._queues)
        self.clock.sleep(self.seconds_a_look)
        empty = isinstance(report, QueueReport) and not sorting.messages(report)
        asked = self._workers() if empty or ask_workers else None
        inventory = inventory_of(report, asked) if empty else None
        return Observation(began, report, asked, inventory, clock.monotonic() - began)

    def _queues(self) -> QueueReport:
        now = self.clock.monotonic()
        if not self.readable_at(now):
            raise BrokerUnreadable("HTTP 503")
        left, held = self.left(now), len(self._held())
        unacknowledged = min(left, IN_HAND) + held
        queue = a_queue(ready=left + held - unacknowledged, unacknowledged=unacknowledged, type_=self.queue_type)
        return queues(queue, live=self.live)

    def _workers(self) -> WorkerReport:
        self.questions += 1
        self.clock.sleep(self.seconds_a_question)
        return workers(a_node(held=self._held()))

    def _held(self) -> tuple[HeldTask, ...]:
        return tuple(task for task in self.held if task.due and task.due > self.clock.now())


@dataclass
class Watched:
    """A watch over such a broker, from its beginning to its verdict."""

    broker: DrainingBroker
    told: list[Waiting] = field(default_factory=list)

    def empty_after(self) -> float:
        """Return the seconds until the verdict is empty; old dynos are long gone."""
        clock = self.broker.clock
        heroku: Any = FakeHeroku()
        store: Any = FakeStore(clock)
        migration = a_migration(attachments=("CLOUDAMQP",))
        store.create(migration)
        heroku.patch_config_vars("shop", {EAGER: "True", MARKER: f"{migration.id} by us"})
        heroku.open = lambda _variables, _name: _Opened(self.broker)
        run = Run(
            migration=migration,
            heroku=heroku,
            brokers=heroku,
            journal=Journal(store, migration.id, clock),
            waiter=Waiter(clock, self.told.append),
            emit=lambda _event: None,
            who="us",
            limits=Limits(drain=Patience(deadline=1e6, interval=1)),
        )
        run.journal.note(DYNOS_UP, {"version": 1, "who": "us"})
        clock.sleep(60)
        watch(run)
        return clock.monotonic() - 60


class _Opened:
    """What Run.broker() expects of an opened broker."""

    def __init__(self, broker: DrainingBroker) -> None:
        self._broker = broker
        self.address = type("Address", (), {"label": "host/vhost"})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)
