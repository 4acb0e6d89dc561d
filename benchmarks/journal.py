"""What checkpoints and record cost: `make bench-journal`. The limit is 20 ms a step, median of 10 migrations.

A migration is walked over a Heroku in memory, so that all but the store costs nothing. The disk is that of TMPDIR.
An event costs the run what it takes to hand it over (limit 1 ms), and delays the journal while it is written.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakes.clock import FakeClock
from fakes.heroku import FakeHeroku
from fakes.machine import Machine
from fakes.migrations import STEPS
from fakes.private_postgresql import private_cluster

from migrate.events import ApiCalled, StepWaiting
from migrate.listeners.recorder import Recorder
from migrate.store.event_log import EventLog
from migrate.store.journal import Journal
from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migrate.events import Event

LINES = 200
MIGRATIONS = 10
LIMIT_MILLISECONDS = 20
EVENT_LIMIT_MILLISECONDS = 1
A_CALL = ApiCalled("add", "GET", "/apps/shop/releases", 200, "", 36 * "a", 0.211, 4001)
A_QUEUE = {
    "name": "celery",
    "ready": 5000,
    "unacknowledged": 4,
    "consumers": 1,
    "published_per_second": 0.0,
    "delivered_per_second": 3.61,
}
A_LOOK = StepWaiting("drain", "5004 messages left", {"queues": [A_QUEUE] * 10, "messages": 5004})
"""A call and a look are what a migration has most of."""


class TimedStore:
    """A store that counts the time spent in it."""

    def __init__(self, store: Store) -> None:
        self.milliseconds = 0.0
        self._store = store

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._store, name)

        def timed(*arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return method(*arguments)
            finally:
                self.milliseconds += 1000 * (time.perf_counter() - began)

        return timed


def fsyncs(directory: Path) -> Iterator[float]:
    """Yield how long it takes to write a page of a file through to the disk, in milliseconds."""
    with (directory / "page").open("wb", buffering=0) as file:
        for _ in range(LINES):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            yield 1000 * (time.perf_counter() - began)


def lines(url: str, *, beside: Event | None = None) -> Iterator[float]:
    """Yield how long each line of a journal takes, right behind an event where one is given, in milliseconds."""
    clock = FakeClock()
    store = Store(url, clock)
    journal, recorder = Journal(store, "mig-bbbbbb", clock), Recorder(EventLog(store), clock, sys.exit)
    for number in range(LINES):
        if beside is not None:
            clock.sleep(5)
            recorder.hear(beside, "mig-bbbbbb")
        began = time.perf_counter()
        journal.intend("eager-on", {"version": number, "variables": {"CELERY_ALWAYS_EAGER": "True"}})
        yield 1000 * (time.perf_counter() - began)
    recorder.close()
    store.engine.dispose()


def events(url: str, event: Event) -> Iterator[float]:
    """Yield how long each event keeps the run, in milliseconds; each is due, and nothing else is written."""
    clock = FakeClock()
    store = Store(url, clock)
    recorder = Recorder(EventLog(store), clock, sys.exit)
    for _ in range(LINES):
        clock.sleep(30)
        began = time.perf_counter()
        recorder.hear(event, "mig-bbbbbb")
        yield 1000 * (time.perf_counter() - began)
        time.sleep(0.002)
    recorder.close()
    store.engine.dispose()


def steps(new_url: Callable[[], str]) -> Iterator[float]:
    """Yield what the store takes of a migration, for each of its steps, in milliseconds."""
    for _ in range(MIGRATIONS):
        machine = Machine(new_url(), FakeHeroku())
        engine = machine.store.engine
        timed: Any = TimedStore(machine.store)
        machine.store = timed
        machine.begin()
        engine.dispose()
        yield timed.milliseconds / len(STEPS)


def show(what: str, figures: Iterator[float]) -> float:
    """Print a row of the table and return the median."""
    measured = sorted(figures)
    median = statistics.median(measured)
    print(f"{what:<32}{median:>10.2f}{measured[int(0.9 * len(measured))]:>10.2f}{len(measured):>6}")  # noqa: T201
    return median


def main() -> None:
    """Print the table; exit 1 above the limit."""
    print(f"{'milliseconds':<32}{'median':>10}{'90 %':>10}{'n':>6}")  # noqa: T201
    with tempfile.TemporaryDirectory() as name, private_cluster(fsync="on") as cluster:
        files = (f"sqlite:///{name}/{number}.sqlite3" for number in range(4 + MIGRATIONS))
        show("fsync of this disk", fsyncs(Path(name)))
        slowest = event = 0.0
        for database, new_url in (("SQLite", lambda: next(files)), ("PostgreSQL", cluster.new_schema)):
            show(f"{database}, a line", lines(new_url()))
            show(f"{database}, a line beside an event", lines(new_url(), beside=A_CALL))
            slowest = max(slowest, show(f"{database}, a step", steps(new_url)))
            event = max(event, show(f"{database}, a call recorded", events(new_url(), A_CALL)))
            event = max(event, show(f"{database}, a look recorded", events(new_url(), A_LOOK)))
    sys.exit(slowest > LIMIT_MILLISECONDS or event > EVENT_LIMIT_MILLISECONDS)


if __name__ == "__main__":
    main()
