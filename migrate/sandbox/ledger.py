"""What an app handed to Celery and what became of it, in one file that survives a kill -9.

A task's life in records: `handed` before the publish, `refused` if the publish raised, `started` at
every try, `retried` when a try ends in a retry, `finished` when the work is done. `Ledger` writes
them, `judge` reads them back, `line` says the verdict in one line.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from migrate.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from migrate.clock import Clock

Where = Literal["worker", "inline"]
Record = dict[str, Any]

POLL_SECONDS: Final = 0.2
IDS_SHOWN: Final = 5


class Ledger:
    """The writing side: one `os.write` on an O_APPEND descriptor per record.

    Threads, prefork children and their successors append to the same file without a lock, and what
    was written before a SIGKILL stays written.
    """

    def __init__(self, path: Path, dyno: str = "", clock: Clock | None = None) -> None:
        self.path = path
        self.dyno = dyno
        self._clock = clock or SystemClock()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def handed(self, task_id: str, name: str, canvas: str) -> None:
        """Record that a task is about to be handed to Celery, under a name that begins with its kind."""
        self._append({"what": "handed", "id": task_id, "name": name, "canvas": canvas})

    def refused(self, task_id: str) -> None:
        """Record that publishing a task raised, so that its caller knows that it was not taken."""
        self._append({"what": "refused", "id": task_id})

    @contextmanager
    def running(self, task_id: str, where: Where) -> Iterator[None]:
        """Record the start of a try and, if the block ends without an exception, that it finished."""
        self._append({"what": "started", "id": task_id, "where": where})
        yield
        self._append({"what": "finished", "id": task_id, "where": where})

    def retried(self, task_id: str) -> None:
        """Record that the try at hand ends here and that another one has been asked for."""
        self._append({"what": "retried", "id": task_id})

    def _append(self, record: Record) -> None:
        stamped = record | {"time": round(self._clock.now().timestamp(), 3), "dyno": self.dyno}
        # The newline in front ends a record that another process was killed in the middle of.
        data = f"\n{json.dumps(stamped)}\n".encode()
        if os.write(self._descriptor, data) != len(data):
            raise OSError(f"{self.path}: a record was cut short; is the disk full?")


@dataclass(frozen=True)
class KindCount:
    """The same four counts for one kind of canvas."""

    handed_over: int
    executed: int
    lost: int
    doubled: int


@dataclass(frozen=True)
class Judgement:
    """What a ledger says; `handed_over` is always `executed` plus the number of `lost`."""

    handed_over: int
    """Tasks that Celery took; refused ones count only if they ran all the same."""
    executed: int
    """Those of them that finished at least once."""
    lost: tuple[str, ...]
    """Those that have not finished: lost for good, or not done yet."""
    doubled: tuple[str, ...]
    """Those that finished more than once."""
    unknown: tuple[str, ...]
    """Tasks that ran though nobody handed them over: the ledger itself is wrong."""
    running: tuple[str, ...]
    """Tasks with a try that began and was never seen to end: still at work, or killed."""
    refused: tuple[str, ...]
    """Tasks whose publish raised and that never ran; their callers were told."""
    inline: int
    """Executed inside the caller (eager)."""
    on_worker: int
    """Executed by a worker that took them from a queue."""
    kinds: Mapping[str, KindCount]
    """The counts by kind of canvas."""
    torn: tuple[str, ...]
    """Lines that cannot be read, because their writer was killed while it wrote."""

    @property
    def outstanding(self) -> tuple[str, ...]:
        """The ids that may still change the verdict if time is given."""
        return tuple(sorted({*self.lost, *self.running}))

    @property
    def clean(self) -> bool:
        """Whether each task that was handed over was executed exactly once, with nothing in doubt."""
        return not (self.outstanding or self.doubled or self.unknown or self.torn)


def judge(path: Path) -> Judgement:
    """Given the path of a ledger, return its verdict; a file that is not there is an error, not a zero."""
    records, torn = _read(path)
    names = {record["id"]: str(record["name"]) for record in records if record["what"] == "handed"}
    refused, started, retried, finished = (
        Counter(record["id"] for record in records if record["what"] == what)
        for what in ("refused", "started", "retried", "finished")
    )
    seen_at_work = started.keys() | finished.keys()
    not_taken = {task_id for task_id in refused if task_id in names and task_id not in seen_at_work}
    owed = names.keys() - not_taken
    # Reversed, so that the first of several places stays.
    place = {record["id"]: record["where"] for record in reversed(records) if record["what"] == "finished"}
    executed = {task_id for task_id in owed if finished[task_id]}
    lost = owed - executed
    doubled = {task_id for task_id in owed if finished[task_id] > 1}
    return Judgement(
        handed_over=len(owed),
        executed=len(executed),
        lost=tuple(sorted(lost)),
        doubled=tuple(sorted(doubled)),
        unknown=tuple(sorted(seen_at_work - names.keys())),
        running=tuple(sorted(i for i in started if started[i] > finished[i] + retried[i])),
        refused=tuple(sorted(not_taken)),
        inline=sum(place[task_id] == "inline" for task_id in executed),
        on_worker=sum(place[task_id] == "worker" for task_id in executed),
        kinds=_by_kind(names, owed, lost, doubled),
        torn=torn,
    )


def line(judgement: Judgement, eager_window: float | None = None) -> str:
    """Given a judgement and the seconds of the eager window if there was one, return the last line."""
    counts = (
        f"ledger: {judgement.handed_over} handed over, {judgement.executed} executed, "
        f"{len(judgement.lost)} lost, {len(judgement.doubled)} doubled"
    )
    return counts if eager_window is None else f"{counts}; eager window {eager_window:.1f} s"


def complaints(judgement: Judgement) -> tuple[str, ...]:
    """Given a judgement, return a sentence for everything that keeps it from being clean."""
    named = {
        "lost": judgement.lost,
        "doubled": judgement.doubled,
        "ran though never handed over": judgement.unknown,
        "began and never ended": tuple(sorted(set(judgement.running) - set(judgement.lost))),
        "cannot be read": judgement.torn,
    }
    return tuple(f"{what}: {_shortened(ids)}" for what, ids in named.items() if ids)


def wait_until_settled(path: Path, *, quiet: float, deadline: float, clock: Clock) -> Judgement:
    """Given a ledger whose traffic has ended, return its judgement once nothing more can change it.

    That is when nothing is outstanding and nothing was written for `quiet` seconds (a second
    delivery of a task would be written then), at the latest after `deadline` seconds. What is
    outstanding at the deadline counts as lost.
    """
    end = clock.monotonic() + deadline
    size, changed = -1, clock.monotonic()
    while clock.monotonic() < end:
        if (now_size := path.stat().st_size) != size:
            size, changed = now_size, clock.monotonic()
        elif clock.monotonic() - changed >= quiet and not (judgement := judge(path)).outstanding:
            return judgement
        clock.sleep(POLL_SECONDS)
    return judge(path)


def _read(path: Path) -> tuple[list[Record], tuple[str, ...]]:
    numbered = enumerate(path.read_bytes().split(b"\n"), start=1)
    parsed = [(number, _parsed(text)) for number, text in numbered if text]
    torn = tuple(f"line {number}" for number, record in parsed if record is None)
    return [record for _, record in parsed if record is not None], torn


def _parsed(text: bytes) -> Record | None:
    try:
        record = json.loads(text)
    except ValueError:
        return None
    return record if isinstance(record, dict) and {"what", "id"} <= record.keys() else None


def _by_kind(
    names: Mapping[str, str], owed: Collection[str], lost: Collection[str], doubled: Collection[str]
) -> Mapping[str, KindCount]:
    def counted(ids: Iterable[str]) -> Counter[str]:
        return Counter(names[task_id].partition(".")[0] for task_id in ids)

    handed, gone, twice = counted(owed), counted(lost), counted(doubled)
    return {
        kind: KindCount(number, number - gone[kind], gone[kind], twice[kind])
        for kind, number in sorted(handed.items())
    }


def _shortened(ids: tuple[str, ...]) -> str:
    shown = ", ".join(ids[:IDS_SHOWN])
    return shown if len(ids) <= IDS_SHOWN else f"{shown} and {len(ids) - IDS_SHOWN} more"
