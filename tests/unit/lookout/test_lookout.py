"""What is said beside a watch: each finding once, at its own pace, and never in the way of the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fakes.broker_reports import HELD, RUNNING, a_node, a_queue, queues, workers
from fakes.clock import FakeClock
from fakes.heroku import FakeHeroku
from fakes.migrations import a_migration
from fakes.statistics import ONE_CONSUMER, a_client, counted
from fakes.store import FakeStore
from msgspec.structs import replace

from migrate.brokers.report import BrokerUnreadable, Consumer, Observation, WorkerReport
from migrate.brokers.statistics import BrokerStatistics, BrokerTroubles
from migrate.errors import HerokuUnreachable, NotDrained
from migrate.events import StepNoted
from migrate.lookout.leaks import STATISTICS_LAG
from migrate.lookout.lookout import STATISTICS_SECONDS, WORKERS_SECONDS, Lookout
from migrate.lookout.stall import STALL_SECONDS
from migrate.run import Limits, Run
from migrate.store.journal import Journal
from migrate.waits import Patience, Waiter, Waiting

BUSY = queues(a_queue(ready=3, unacknowledged=1))


@dataclass
class Counting:
    """A broker that answers what it is told to, and counts the questions."""

    clock: FakeClock
    published_per_second: float = 0.0
    client_age: float = 500.0
    consumers_now: tuple[Consumer, ...] = ONE_CONSUMER
    report_now: WorkerReport = field(default_factory=workers)
    readable: bool = True
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)

    @property
    def rabbitmq(self) -> Counting:
        return self

    @property
    def control(self) -> Counting:
        return self

    def statistics(self) -> BrokerStatistics:
        self._ask("statistics")
        count = int(self.published_per_second * self.clock.monotonic())
        return BrokerStatistics((counted(published=count),), (a_client(published=count, age=self.client_age),))

    def consumers(self) -> tuple[Consumer, ...]:
        self._ask("consumers")
        return self.consumers_now

    def report(self, _expected: int | None = None, *, as_far_as_known: bool) -> WorkerReport:
        assert as_far_as_known
        self._ask("workers")
        return self.report_now

    def troubles(self) -> BrokerTroubles:
        self._ask("troubles")
        return BrokerTroubles(None, None, None)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        self.clock.sleep(self.seconds)
        if not self.readable:
            raise BrokerUnreadable("HTTP 500")


class Scene:
    """A lookout over such a broker; old dynos are gone from the start."""

    def __init__(self, deadline: float = 3600, **broker: Any) -> None:
        self.clock = FakeClock()
        heroku: Any = FakeHeroku()
        self.heroku = heroku
        self.broker = Counting(self.clock, **broker)
        store: Any = FakeStore(self.clock)
        migration = a_migration(attachments=("CLOUDAMQP",))
        store.create(migration)
        self.events: list[Any] = []
        run = Run(
            migration=migration,
            heroku=heroku,
            brokers=heroku,
            journal=Journal(store, migration.id, self.clock),
            waiter=Waiter(self.clock, lambda _waiting: None),
            emit=self.events.append,
            who="us",
            limits=Limits(drain=Patience(deadline=deadline, interval=1)),
        )
        run.journal.intend("eager-on", {})
        opened: Any = self.broker
        self.lookout = Lookout(run, opened, expected=1, old_dynos_gone=0.0)
        self.looks: list[Observation] = []

    @property
    def notes(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, StepNoted)]

    def watch(self, seconds: float, report: Any = BUSY, asked: Any = None) -> Waiting:
        """Look once a second for so long; return what is shown in the end."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            self.looks.append(Observation(self.clock.monotonic(), report, asked))
            self.lookout.look(self.looks[-1])
            self.clock.sleep(1)
        return self.lookout.waiting(Waiting("4 messages left", again=2.5), self.looks)

    def end(self) -> NotDrained:
        return self.lookout.not_drained(Waiting("4 messages left"), self.looks)


def test_counters_are_read_no_more_often_than_they_change_and_busy_workers_are_asked_seldom() -> None:
    scene = Scene()
    scene.watch(59)

    assert scene.broker.asked.count("statistics") == 60 / STATISTICS_SECONDS
    assert scene.broker.asked.count("workers") == 60 / WORKERS_SECONDS


def test_what_takes_long_is_read_seldom() -> None:
    scene = Scene(seconds=1.5)
    scene.watch(600)

    assert scene.broker.asked.count("statistics") <= 600 / 40


def test_workers_that_were_asked_for_the_verdict_are_not_asked_again() -> None:
    scene = Scene()
    scene.watch(59, queues(), workers())

    assert "workers" not in scene.broker.asked


def test_when_to_look_again_is_passed_on() -> None:
    assert Scene().watch(1).again == 2.5


def test_a_broker_whose_counters_cannot_be_read_disturbs_nothing() -> None:
    scene = Scene(readable=False)
    waiting = scene.watch(200)

    assert waiting.reason == "4 messages left"
    assert waiting.detail is not None
    assert waiting.detail["queues"][0] == {
        "name": "celery",
        "ready": 3,
        "unacknowledged": 1,
        "delayed": 0,
        "consumers": None,
        "published_per_second": None,
        "delivered_per_second": None,
    }


def test_held_tasks_are_said_at_once_and_once_with_the_ways_on() -> None:
    scene = Scene(report_now=workers(a_node(held=(HELD,))))
    waiting = scene.watch(59)

    held, ways_on = scene.notes
    assert held == "Empty at 12:30:00 UTC at the earliest because of 1 task (shop.tasks.remind)."
    for command in ("resume mig-7f3k2q --drain-timeout", "rollback mig-7f3k2q", "abandon mig-7f3k2q"):
        assert f"migrate-plan {command}" in ways_on
    assert waiting.reason.startswith("4 messages left; empty at 12:30:00 UTC")
    assert waiting.detail is not None
    assert waiting.detail["seconds_left"] == 1741
    assert waiting.detail["held"]["until"] == "2026-11-24T12:30:00+00:00"


def test_held_tasks_that_are_due_after_the_deadline_are_said_to_be_in_vain() -> None:
    late = replace(HELD, due=HELD.due and HELD.due + timedelta(hours=2))
    scene = Scene(report_now=workers(a_node(held=(late,))))
    scene.watch(1)

    assert "That is after the deadline of this drain" in scene.notes[0]
    seconds = int(scene.notes[1].partition("--drain-timeout ")[2].split()[0])
    assert seconds > 2.5 * 3600


def test_who_publishes_is_told_once_when_old_dynos_are_gone_and_counters_have_caught_up() -> None:
    scene = Scene(published_per_second=2)
    scene.watch(STATISTICS_LAG + STATISTICS_SECONDS)
    assert scene.notes == []

    waiting = scene.watch(100)

    leaks = [note for note in scene.notes if "still gets tasks" in note]
    assert len(leaks) == 1
    assert "2 a second" in leaks[0]
    assert "Likely a process outside this app has the broker's URL" in leaks[0]
    assert "celery still gets tasks" in waiting.reason
    assert waiting.detail is not None
    assert waiting.detail["leak"]["publishers"][0]["origin"] == "older"
    assert waiting.detail["queues"][0]["published_per_second"] == 2


def test_what_may_be_a_workers_own_is_told_only_when_as_much_comes_as_goes() -> None:
    scene = Scene(published_per_second=2, client_age=1, consumers_now=(Consumer("celery", "10.1.2.3:1 -> x"),))
    scene.watch(STALL_SECONDS)
    assert scene.notes == []

    scene.watch(20)

    assert "that cannot be told" in scene.notes[0]


def test_a_stall_is_told_once_after_a_minute_without_progress() -> None:
    scene = Scene(report_now=workers(a_node(active=(RUNNING,))))
    scene.watch(STALL_SECONDS)
    assert scene.notes == []

    waiting = scene.watch(300)

    assert [note for note in scene.notes if "has been running shop.tasks.charge" in note] == scene.notes[:1]
    assert scene.notes[0].startswith("No queue has become shorter for 60 s.")
    assert waiting.detail is not None
    assert waiting.detail["cause"] == "long-task"


def test_a_queue_that_nobody_takes_from_need_not_stall_first() -> None:
    scene = Scene()
    scene.watch(STATISTICS_LAG + 6, queues(a_queue("dead", ready=2)))

    assert scene.notes[0].startswith("dead has 2 messages and no consumer")


def test_a_queue_that_nobody_takes_from_is_told_once_though_it_grows() -> None:
    scene = Scene()
    for messages in range(2, 20):
        scene.watch(STATISTICS_LAG, queues(a_queue("dead", ready=messages)))

    assert len([note for note in scene.notes if note.startswith("dead has")]) == 1


def test_at_the_deadline_everything_is_read_afresh_and_told_with_what_to_type() -> None:
    scene = Scene()
    scene.watch(20)
    scene.broker.report_now = workers(a_node(active=(RUNNING,)))

    error = scene.end()

    assert "celery@one has been running shop.tasks.charge" in error.why
    assert "celery: 3 ready, 1 unacknowledged, consumers 1." in error.why
    assert error.next.startswith("celery inspect query_task task-1")
    assert {choice.split()[1] for choice in error.choices} == {"resume", "rollback", "abandon"}


def test_a_leak_that_was_not_sure_enough_before_is_told_at_the_deadline() -> None:
    scene = Scene(published_per_second=2)
    scene.watch(STATISTICS_LAG)

    assert "celery still gets tasks" in scene.end().why


def test_a_deadline_before_the_first_look_has_an_error_too() -> None:
    assert Scene().end().why == "4 messages left."


def test_an_outage_of_heroku_holds_nothing_up() -> None:
    scene = Scene(published_per_second=2)

    def outage(_name: str) -> None:
        raise HerokuUnreachable("Heroku did not answer.")

    scene.heroku.on_read = outage
    scene.watch(100)

    assert "celery still gets tasks" in scene.notes[0]
