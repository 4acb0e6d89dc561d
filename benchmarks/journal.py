"""What the checkpoints cost: `make bench-journal`. The limit is 20 ms a step, median of 10 migrations.

A migration is walked over a Heroku in memory, so that all but the store costs nothing. The disk is that of TMPDIR.
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

from migrate.store.journal import Journal
from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LINES = 200
MIGRATIONS = 10
LIMIT_MILLISECONDS = 20


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


def lines(url: str) -> Iterator[float]:
    """Yield how long each line of a journal takes, in milliseconds."""
    clock = FakeClock()
    store = Store(url, clock)
    journal = Journal(store, "mig-bbbbbb", clock)
    for number in range(LINES):
        began = time.perf_counter()
        journal.intend("eager-on", {"version": number, "variables": {"CELERY_ALWAYS_EAGER": "True"}})
        yield 1000 * (time.perf_counter() - began)
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
    print(f"{what:<24}{median:>10.2f}{measured[int(0.9 * len(measured))]:>10.2f}{len(measured):>6}")  # noqa: T201
    return median


def main() -> None:
    """Print the table; exit 1 above the limit."""
    print(f"{'milliseconds':<24}{'median':>10}{'90 %':>10}{'n':>6}")  # noqa: T201
    with tempfile.TemporaryDirectory() as name, private_cluster(fsync="on") as cluster:
        files = (f"sqlite:///{name}/{number}.sqlite3" for number in range(1 + MIGRATIONS))
        show("fsync of this disk", fsyncs(Path(name)))
        slowest = 0.0
        for database, new_url in (("SQLite", lambda: next(files)), ("PostgreSQL", cluster.new_schema)):
            show(f"{database}, a line", lines(new_url()))
            slowest = max(slowest, show(f"{database}, a step", steps(new_url)))
    sys.exit(slowest > LIMIT_MILLISECONDS)


if __name__ == "__main__":
    main()
