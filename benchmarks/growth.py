"""What a long migration leaves behind, in the store and in memory: `make bench-growth`.

The store: its size after 10,000 events, and how long `migrate-plan status` and a resumption take then, beside one
with ten events. A resumption is walked over a Heroku in memory, so that all but the program costs nothing. Memory: a
drain of twelve hours on a clock that is turned on, with everybody who hears a migration's events; what is traced, and
what the process has, each hour.
"""

from __future__ import annotations

import gc
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil
from fakes.broker_reports import a_queue
from fakes.clock import FakeClock
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after
from journal import A_CALL, A_LOOK
from results import table

from migrate.events import StepDone
from migrate.listeners.console import ConsoleText
from migrate.listeners.json_lines import JsonLines
from migrate.listeners.recorder import Recorder
from migrate.run import Limits
from migrate.store.event_log import EventLog
from migrate.store.records import Line
from migrate.store.store import Store
from migrate.waits import Patience

if TYPE_CHECKING:
    from fakes.heroku import FakeBroker

    from migrate.events import Event
    from migrate.migration import Migration

FEW, MANY = 10, 10_000
ROUNDS: Final = 10
BATCH: Final = 200
MIGRATION: Final = "mig-7f3k2q"
SLOWER_MILLISECONDS: Final = 50.0
"""A resumption may take so much longer with many events."""
HOURS: Final = 12
HOUR: Final = 3600.0
GROWTH: Final = 1_000_000
"""So many bytes more may be traced in the last hour than in the first."""


class LongClock(FakeClock):
    """One that keeps no record of who slept."""

    def sleep(self, seconds: float) -> None:
        """Turn the clock on."""
        self._seconds += seconds


def stopped(url: str, events: int) -> Machine:
    """Return a migration that was killed when the app was eager, with so many events on record."""
    machine = Machine(url, FakeHeroku(), on_event=kill_after("eager-on"))
    with suppress(Killed):
        machine.begin()
    log, clock = EventLog(machine.store), machine.clock
    for first in range(0, events, BATCH):
        kinds = (A_LOOK if number % 2 else A_CALL for number in range(first, min(first + BATCH, events)))
        log.append(MIGRATION, [Line(clock.now(), kind.type, _body(kind, clock)) for kind in kinds])
    return machine


def _body(event: Event, clock: FakeClock) -> dict[str, object]:
    return event.to_json(at=clock.now(), migration=MIGRATION)


def resumed(machine: Machine) -> float:
    """Go on with a migration to its end; return how long that took, in milliseconds."""
    began = time.perf_counter()
    result = machine.resume()
    if result.code != "DONE":
        raise SystemExit(result.what)
    return 1000 * (time.perf_counter() - began)


def status(url: str) -> float:
    """Return how long `migrate-plan status` takes, in milliseconds."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "migrate", "status", MIGRATION]
    subprocess.run(command, env={**os.environ, "MIGRATE_STORE": url}, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 -- our own words
    return 1000 * (time.perf_counter() - began)


def stores() -> tuple[str, bool]:
    """Return the table of stores, and whether many events cost no more than they may."""
    figures = defaultdict[int, list[tuple[float, float, float]]](list)
    for _ in range(ROUNDS):
        for events in (FEW, MANY):
            with tempfile.TemporaryDirectory() as name:
                machine = stopped(f"sqlite:///{name}/store.sqlite3", events)
                machine.store.engine.dispose()
                size = sum(file.stat().st_size for file in Path(name).iterdir())
                looked = status(machine.url)
                figures[events].append((size / 1000, looked, resumed(machine)))
                machine.store.engine.dispose()
    medians = {
        events: [statistics.median(column) for column in zip(*rows, strict=True)] for events, rows in figures.items()
    }
    rows = [[f"{events:,}", *(f"{figure:,.0f}" for figure in row)] for events, row in medians.items()]
    rows.append(["ratio", *(f"{many / few:.2f}" for few, many in zip(medians[FEW], medians[MANY], strict=True))])
    good = medians[MANY][2] - medians[FEW][2] <= SLOWER_MILLISECONDS
    return table(("events", "store, kB", "`status`, ms", "resumption to the end, ms"), rows), good


@dataclass
class LongDrain:
    """A migration whose old broker takes twelve hours to get empty, heard by all who hear one."""

    store: Store
    clock: LongClock
    heroku: FakeHeroku = field(default_factory=FakeHeroku)
    looks: int = 0
    hours: list[tuple[int, int, int]] = field(default_factory=list)
    """At the end of each hour of the drain: looks so far, bytes traced, bytes that the process has."""

    def walk(self) -> None:
        """Walk it to its end."""
        silence = io.TextIOWrapper(open(os.devnull, "wb"))  # noqa: PTH123, SIM115 -- as long as the process
        self._recorder = Recorder(EventLog(self.store), self.clock, sys.exit)
        listeners = (ConsoleText(silence, self.clock, live=False), JsonLines(silence, self.clock), self._recorder)
        machine = Machine("", self.heroku, self.clock)
        machine.store = self.store
        runner = machine._runner()  # noqa: SLF001 -- one with a longer patience and other listeners
        runner.limits = Limits(drain=Patience(deadline=2 * HOURS * HOUR, interval=1))

        def hear(migration: Migration, event: Event) -> None:
            for listener in listeners:
                listener.hear(event, migration.id)
            if isinstance(event, StepDone) and event.step == "eager-on":
                self._began = self.clock.monotonic()
                self.heroku.broker_of("cloudamqp-old-1").on_look = self._drain

        runner.emit = hear
        result = runner.begin(machine.migration())
        for listener in listeners:
            listener.close()
        if result.code != "DONE":
            raise SystemExit(result.what)

    def _drain(self, broker: FakeBroker) -> None:
        """As time goes by there are fewer messages, in ten more queues too."""
        spent = self.clock.monotonic() - self._began
        left = max(0, int(10 * (HOURS * HOUR - spent)))
        broker.ready = left
        broker.others = tuple(a_queue(f"queue-{number}", ready=left) for number in range(10))
        self.looks += 1
        if spent >= HOUR * (len(self.hours) + 1):
            while self._recorder._writer and self._recorder._writer._lines:  # noqa: SLF001 -- hours go by in seconds
                time.sleep(0.01)
            gc.collect()
            self.hours.append((self.looks, tracemalloc.get_traced_memory()[0], psutil.Process().memory_info().rss))


def memory() -> tuple[str, bool]:
    """Return the table of the long drain, and whether memory stayed flat."""
    tracemalloc.start()
    with tempfile.TemporaryDirectory() as name:
        clock = LongClock()
        store = Store(f"sqlite:///{name}/store.sqlite3", clock)
        drain = LongDrain(store, clock)
        drain.walk()
        size = (Path(name) / "store.sqlite3").stat().st_size
        store.engine.dispose()
    tracemalloc.stop()
    rows = [
        [str(hour), f"{looks:,}", f"{traced / 1e6:.2f}", f"{rss / 1e6:.1f}"]
        for hour, (looks, traced, rss) in enumerate(drain.hours, start=1)
    ]
    grown = drain.hours[-1][1] - drain.hours[0][1]
    note = (
        f"From the first hour to the last {grown / 1000:+,.0f} kB traced; the store then has {size / 1000:,.0f} kB."
    )
    return f"{table(('hour of the drain', 'looks', 'traced, MB', 'process, MB'), rows)}\n\n{note}", grown <= GROWTH


def main() -> int:
    """Print the tables and return 1 where something grows."""
    kept, quick = stores()
    remembered, flat = memory()
    print(f"{kept}\n\n{remembered}")  # noqa: T201
    return 0 if quick and flat else 1


if __name__ == "__main__":
    sys.exit(main())
