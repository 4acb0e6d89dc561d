"""What restarts do to busy workers, with quiesce and without: `make bench-restarts`, RELEASES=200 by default.

So many releases with it and as many without, spread over early and late acknowledgement, prefork and threads:
SIGTERM to every process of a real worker with a backlog, SIGKILL to what is left after a second (30 on Heroku, and
here no task works longer than three), a new worker. What was handed over and never done is lost; what was done twice
is doubled.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from busy_workers import BusyWorker, Workplace
from loopback_rabbitmq import LoopbackRabbitMQ, loopback_rabbitmq
from polling import until

from migrate.workers.quiet import quiesce

POOLS = ("prefork", "threads")
TASKS = {"early": "busy.early", "acks_late": "busy.late"}
GRACE_SECONDS = 1.0
BATCH = 10
"""Tasks handed over for each release; the worker has two at a time, and some of them in hand."""
HEAD = """\
| pool | acknowledgement | quiesce | releases | at work | tasks | lost | doubled | quiesce took, median / longest |
|---|---|---|---|---|---|---|---|---|"""
PATIENCE_SECONDS = 60.0
STILL_SECONDS = 10
"""After so long without a task done none is left."""


@dataclass
class Track:
    """One kind of worker and task over many releases."""

    pool: str
    acknowledged: str
    quiesced: bool
    workplace: Workplace
    releases: int
    handed_over: int = 0
    seconds: list[float] = field(default_factory=list)
    """How long each quiesce took."""
    at_work: int = 0
    """Releases whose SIGTERM found a task running."""
    _killed: Counter[str] = field(default_factory=Counter)
    """Tasks that have begun with a worker that is gone, and that it has not done."""

    def walk(self) -> Track:
        """Make every release, then let the last worker finish what is left."""
        chance = random.Random(f"{self.pool} {self.acknowledged}")  # the same tasks with and without quiesce
        worker = self._start()
        worker.wait_until_ready()
        for _ in range(self.releases):
            self._hand_over(chance)
            worker = self._release(worker)
        self._finish()
        worker.restart_away(0)
        return self

    def row(self) -> str:
        """Return the track's line of the table."""
        done = self.workplace.ledger.done()
        lost, doubled = self.handed_over - len(done), sum(count > 1 for count in done.values())
        took = f"{statistics.median(self.seconds):.1f} / {max(self.seconds):.1f} s" if self.seconds else "-"
        kind = f"{self.pool} | {self.acknowledged} | {'yes' if self.quiesced else 'no'}"
        return f"| {kind} | {self.releases} | {self.at_work} | {self.handed_over} | {lost} | {doubled} | {took} |"

    def _start(self) -> BusyWorker:
        return self.workplace.start("-P", self.pool, "-c", "2")

    def _hand_over(self, chance: random.Random) -> None:
        first = self.handed_over
        self.handed_over += BATCH
        seconds = {f"task-{n}": _duration(chance) for n in range(first, self.handed_over)}
        self.workplace.send(seconds, TASKS[self.acknowledged])

    def _release(self, worker: BusyWorker) -> BusyWorker:
        until(self._is_busy)
        if self.quiesced:
            began = time.monotonic()
            with self.workplace.run(deadline=PATIENCE_SECONDS) as run:
                quiesce(run)
            self.seconds.append(time.monotonic() - began)
        self.at_work += self._is_busy()
        following = self._start()
        worker.restart_away(GRACE_SECONDS)
        self._killed = self._unfinished()
        following.wait_until_ready()
        return following

    def _is_busy(self) -> bool:
        return bool(self._unfinished() - self._killed)

    def _unfinished(self) -> Counter[str]:
        done = self.workplace.ledger.done()
        return self.workplace.ledger.began() - done

    def _finish(self) -> None:
        """Return when nothing is left to do; what a killed worker took with early acknowledgement never is."""
        counts: list[int] = []
        while len(counts) < STILL_SECONDS or counts[-1] != counts[-STILL_SECONDS]:
            time.sleep(1)
            counts.append(self.workplace.ledger.done().total())


def _duration(chance: random.Random) -> float:
    return round(chance.choices((chance.uniform(0.05, 0.6), chance.uniform(1.5, 3)), (9, 1))[0], 3)


def tracks(broker: LoopbackRabbitMQ, home: Path, releases: int, *, quiesced: bool) -> list[Track]:
    """Return one track of each kind, all on one broker."""
    kinds = list(product(POOLS, TASKS))
    made = []
    for pool, acknowledged in kinds:
        place = home / f"{pool}-{acknowledged}-{quiesced}"
        place.mkdir()
        workplace = Workplace(place, broker, broker.instance())
        made.append(Track(pool, acknowledged, quiesced, workplace, releases // len(kinds)))
    return made


def main() -> None:
    """Print the table; exit 1 when a task was lost, or done twice, in spite of quiesce."""
    releases = int(sys.argv[1]) if sys.argv[1:] else 200
    began = time.monotonic()
    print(HEAD)  # noqa: T201
    spoiled = 0
    with tempfile.TemporaryDirectory() as home, loopback_rabbitmq(Path(home)) as broker:
        for quiesced in (True, False):
            lanes = tracks(broker, Path(home), releases, quiesced=quiesced)
            with ThreadPoolExecutor(len(lanes)) as pool:
                for track in pool.map(Track.walk, lanes):
                    print(track.row(), flush=True)  # noqa: T201
                    counts = track.workplace.ledger.done()
                    spoiled += quiesced and (len(counts), counts.total()) != (track.handed_over, track.handed_over)
    print(f"\n{time.monotonic() - began:.0f} s in all")  # noqa: T201
    sys.exit(bool(spoiled))


if __name__ == "__main__":
    main()
