"""How a fleet grows, and what Heroku's limit makes of it: `make bench-fleet`.

So many apps are moved by one process with threads over SQLite, in the waves that are usual; then a hundred by Celery
workers over PostgreSQL and RabbitMQ, in one wave; then fifty of an account that has few calls left. Heroku is a fake
with real delays behind the real client, served by this process; the program's clock, and the fake's, run CLOCK times
as fast, and seconds are those of that clock. Memory is the highest of each process, added up. The aim: 500 apps take
at most three times the slowest app of the largest wave, and 500 MB. Other numbers of apps can be given.
"""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
from fakes.fleet_site import Site, broker
from fakes.heroku_server import TOKEN, serving
from fakes.private_postgresql import private_cluster
from fakes.slow_heroku import SlowAccount
from results import table
from sqlalchemy import func, select

from migrate.clients.rate_limit import REFILL_A_SECOND, SPARE
from migrate.clock import SystemClock
from migrate.events import RecordIncomplete
from migrate.fleet.manifest import MOST_AT_ONCE
from migrate.fleet.waves import waves
from migrate.store.schema import events
from migrate.store.store import Store
from migrate.wording import counted

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

SIZES: Final = (1, 10, 100, 500)
WORKERS: Final = (1, 2, 4)
CARRIED: Final = 100
LIMITED, LEFT = 50, 1500
"""So many apps of an account that has so many calls left: two thirds of an hour are to be waited for."""
LIMIT: Final = 4500
"""https://devcenter.heroku.com/articles/platform-api-reference#rate-limits"""
CLOCK, FAST_CLOCK = 1.0, 40.0
"""The second where it is Heroku's limit that is waited for."""
TIMES, MEGABYTES = 3.0, 500.0
NAME: Final = "brokers"
USUAL: Final[tuple[int | str, ...]] = (1, "10%", "rest")
AT_ONCE: Final[tuple[int | str, ...]] = ("rest",)
TITLES: Final = (
    "apps",
    "by",
    "seconds",
    "slowest app",
    "ratio",
    "eager, median",
    "CPU seconds",
    "peak, MB",
    "calls",
    "calls an app",
    "refused by the limit",
    "store, MB",
    "gaps in the record",
    "exit",
)


@dataclass(frozen=True)
class Fleet:
    """What is to be moved, and how."""

    apps: int
    waves: tuple[int | str, ...] = USUAL
    clock: float = CLOCK
    budget: float = 1_000_000

    @property
    def names(self) -> tuple[str, ...]:
        """Its apps."""
        return tuple(f"app-{number}" for number in range(self.apps))

    @property
    def parallel(self) -> int:
        """All at once, or as many as one may ask for."""
        return min(self.apps, MOST_AT_ONCE)

    @property
    def rounds(self) -> int:
        """How many times the slowest app is the least that they take, where apps are alike."""
        return sum(-(-len(wave) // self.parallel) for wave in waves(self.names, self.waves))

    def account(self) -> SlowAccount:
        """Return the account that they are in."""
        refill = REFILL_A_SECOND * self.clock
        return SlowAccount.of(*self.names, fast=self.clock, budget=self.budget, refill=refill)

    def file(self) -> str:
        """Return its fleet.toml."""
        lines = [f'name = "{NAME}"', 'to = "bunny"', 'gate = "auto"', f"waves = {list(self.waves)}"]
        return "\n".join([*lines, f"parallel = {self.parallel}", f"apps = {list(self.names)}"])


@dataclass(frozen=True)
class Left:
    """What the store has of the largest wave."""

    spans: Sequence[float]
    """How long each app took."""
    eager: Sequence[float]
    """How long each was eager."""
    gaps: int
    """How many times an event of any app could not be recorded."""


@dataclass(frozen=True)
class Moved:
    """What a fleet took."""

    fleet: Fleet
    by: str
    seconds: float
    left: Left
    cpu: float
    peak: float
    """In MB, of all processes together."""
    calls: int
    refused: int
    size: float
    """Of the store, in MB."""
    exits: tuple[int, ...]

    @property
    def slowest(self) -> float:
        """The slowest app of the largest wave."""
        return max(self.left.spans, default=0.0)

    @property
    def ratio(self) -> float:
        """How many times the slowest app it took."""
        return self.seconds / self.slowest if self.slowest else float("inf")

    @property
    def a_call(self) -> float:
        """Calls an app."""
        return self.calls / self.fleet.apps

    def cells(self) -> list[str]:
        """Return its row of the table."""
        figures = [f"{self.seconds:.0f}", f"{self.slowest:.0f}", f"{self.ratio:.2f}"]
        figures += [f"{statistics.median(self.left.eager):.0f}" if self.left.eager else "unknown", f"{self.cpu:.0f}"]
        counts = [f"{self.peak:.0f}", f"{self.calls:,}", f"{self.a_call:.0f}", str(self.refused), f"{self.size:.1f}"]
        exits = " ".join(map(str, sorted(set(self.exits))))
        return [str(self.fleet.apps), self.by, *figures, *counts, str(self.left.gaps), exits]


def threads(fleet: Fleet, by: str = "threads, SQLite") -> Moved:
    """Move a fleet by one process."""
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{name}/store.sqlite3"
        return _moved(fleet, by, Path(name), {"MIGRATE_STORE": url}, workers=0)


def carried(fleet: Fleet, workers: int) -> Moved:
    """Move a fleet by so many Celery workers."""
    with (
        tempfile.TemporaryDirectory() as name,
        private_cluster(fsync="on") as cluster,
        broker(Path(name)) as node,
    ):
        url = f"amqp://{node.admin}:{node.password}@127.0.0.1:{node.amqp_port}//"
        settings = {"MIGRATE_STORE": cluster.new_database(), "MIGRATE_FLEET_BROKER": url}
        by = f"{workers} Celery worker{'s' if workers > 1 else ''}, PostgreSQL"
        return _moved(fleet, by, Path(name), settings, workers=workers)


def _moved(fleet: Fleet, by: str, folder: Path, settings: dict[str, str], *, workers: int) -> Moved:
    account, store = fleet.account(), settings["MIGRATE_STORE"]
    (folder / "fleet.toml").write_text(fleet.file())
    with serving(account) as url:
        ours = {"HEROKU_HOST": url, "HEROKU_API_KEY": TOKEN, "FAST": str(fleet.clock), "NO_COLOR": "1"}
        path = os.pathsep.join(filter(None, sys.path))
        site = Site(folder, {**os.environ, **ours, **settings, "PYTHONPATH": path})
        began = time.monotonic()
        with _started(site, fleet, workers) as (run, others):
            usages = [_ended(run)]
            seconds = (time.monotonic() - began) * fleet.clock
            for process in others:
                process.send_signal(signal.SIGTERM)
            usages += [_ended(process) for process in others]
    if any(status for status, _, _ in usages):
        print(site.told()[-5000:], file=sys.stderr)  # noqa: T201
    exits, cpu, peak = zip(*usages, strict=True)
    calls = account.calls.total()
    return Moved(fleet, by, seconds, _left(store), sum(cpu), sum(peak), calls, account.refused, _size(store), exits)


@contextlib.contextmanager
def _started(
    site: Site, fleet: Fleet, workers: int
) -> Iterator[tuple[subprocess.Popen[bytes], list[subprocess.Popen[bytes]]]]:
    each = str(-(-fleet.parallel // workers)) if workers else ""
    others = [site.start("worker", "--concurrency", each) for _ in range(workers)]
    run = site.start("run", "fleet.toml", "--confirm", NAME)
    try:
        yield run, others
    finally:
        for process in (run, *others):
            process.kill()
            process.wait()


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, float, float]:
    """Return with which status a process ended, its CPU seconds and its most memory, in MB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def _left(url: str) -> Left:
    store = Store(url, SystemClock())
    standing = store.fleets.standing(store.fleets.find(NAME))
    with store.transaction() as connection:
        holed = select(func.count()).where(events.c.type == RecordIncomplete.type)
        gaps = connection.execute(holed).scalar_one()
    store.engine.dispose()
    largest = [member for member in standing.members if member.app in max(standing.fleet.waves, key=len)]
    spans = [(m.ended_at - m.began_at).total_seconds() for m in largest if m.began_at and m.ended_at]
    return Left(spans, [m.eager_seconds for m in largest if m.eager_seconds is not None], gaps)


def _size(url: str) -> float:
    """Return what a store takes on the disk, in MB."""
    if url.startswith("sqlite"):
        return Path(url.removeprefix("sqlite:///")).stat().st_size / 1e6
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchone()
    return float(found[0]) / 1e6 if found else 0.0


def budgeted(moved: Moved, apps: int) -> str:
    """Given what an app takes of an account's calls, return how long its limit makes so many apps take."""
    calls, at_once = moved.a_call * apps, LIMIT - SPARE
    hours = max(0.0, calls - at_once) / REFILL_A_SECOND / 3600
    back = f"{60 * REFILL_A_SECOND:.0f} come back each minute"
    return (
        f"{apps} apps take {calls:,.0f} calls, {moved.a_call:.0f} each. An account has {LIMIT:,}, of which {SPARE} "
        f"are kept for apps that have begun, and {back}: with that limit they "
        f"take {hours:.1f} hours, and {at_once / moved.a_call:.0f} apps can be moved without waiting for it."
    )


def judged(rows: list[Moved]) -> tuple[str, bool]:
    """Given fleets of several sizes, return what is to be said of the largest, and whether the aim was reached."""
    first, last = rows[0], rows[-1]
    good = last.ratio <= TIMES and last.peak <= MEGABYTES
    aim = f"The aim is {TIMES:g} times that app, and {MEGABYTES:g} MB: {'reached' if good else '**missed**'}."
    size, one, times = last.fleet, first.fleet.apps, last.seconds / first.seconds
    text = (
        f"{counted(size.apps, 'app')}, {size.parallel} at once and so in {counted(size.rounds, 'round')}, took "
        f"{last.ratio:.2f} times the slowest app of their largest wave, {times:.1f} times what {one} took, "
        f"and {last.peak:.0f} MB. {aim}"
    )
    return text, good


def main() -> int:
    """Print the table and return 1 where an aim was missed, or an app was not moved."""
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    plain = [threads(Fleet(size)) for size in sizes]
    rows = list(plain)
    if not sys.argv[1:]:
        rows += [carried(Fleet(CARRIED, AT_ONCE), workers) for workers in WORKERS]
        limited = Fleet(LIMITED, AT_ONCE, FAST_CLOCK, LEFT)
        rows.append(threads(limited, f"threads, {LEFT:,} calls left"))
    text, good = judged(plain)
    print(table(TITLES, [row.cells() for row in rows]))  # noqa: T201
    print(f"\n{text} {budgeted(plain[-1], SIZES[-1])}")  # noqa: T201
    return 0 if good and not any(status for row in rows for status in row.exits) else 1


if __name__ == "__main__":
    sys.exit(main())
