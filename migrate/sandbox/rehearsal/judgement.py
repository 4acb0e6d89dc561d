"""What a ledger says: which tasks were executed, lost, doubled; as values, and in lines for people."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from migrate.sandbox.clock import now as present
from migrate.sandbox.rehearsal import promises
from migrate.sandbox.rehearsal.ledger import read

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from migrate.clock import Clock
    from migrate.sandbox.rehearsal.ledger import Record

POLL_SECONDS: Final = 0.2
IDS_SHOWN: Final = 5
SUCCESS: Final = "SUCCESS"
UNNAMED: Final = ""
"""In the place of a task that got its id too late to be followed."""


@dataclass(frozen=True)
class KindCount:
    """The same four counts for the tasks of one kind or one name."""

    handed_over: int
    executed: int
    lost: int
    doubled: int


@dataclass(frozen=True)
class Judgement:
    """What a ledger says; `handed_over` is always `executed` plus the number of `lost`."""

    handed_over: int
    """Tasks that Celery took, and those that it must still hand over for them: the rest of a chain."""
    executed: int
    """Those of them that finished at least once; one that raised has been executed."""
    lost: tuple[str, ...]
    """Those that have not finished: lost for good, or not done yet."""
    doubled: tuple[str, ...]
    """Those that finished more than once."""
    unknown: tuple[str, ...]
    """Tasks that ran though nobody handed them over: somebody publishes who is not on record."""
    running: tuple[str, ...]
    """Tasks with a try that began and was never seen to end: still at work, or killed."""
    refused: tuple[str, ...]
    """Tasks whose publish raised and that never ran; their callers were told."""
    revoked: tuple[str, ...]
    """Tasks that were let go as the app wanted it: revoked, or expired before they began."""
    raised: tuple[str, ...]
    """Executed without success."""
    inline: int
    """Executed inside the caller (eager)."""
    on_worker: int
    """Executed by a worker that took them from a queue."""
    kinds: Mapping[str, KindCount]
    """The counts by the first word of the name: in the demo, the kind of canvas."""
    names: Mapping[str, KindCount]
    """The counts by the whole name."""
    name_of: Mapping[str, str]
    """Every task's name by its id."""
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
    records, torn = read(path)
    return judged(records, torn, present())


def judged(records: Sequence[Record], torn: tuple[str, ...], now: datetime) -> Judgement:
    """Given the records of a ledger, the lines that cannot be read, and the time, return the verdict."""
    names, seen, promised = _names(records), _seen(records), promises.promised(records)
    at_work = seen["started"].keys() | seen["finished"].keys()
    succeeded = {
        item["id"] for item in records if item["what"] == "finished" and item.get("state", SUCCESS) == SUCCESS
    }
    not_taken = _not_taken(seen, at_work) - promised.keys()
    raised = seen["finished"].keys() - succeeded
    revoked = (seen["revoked"].keys() - seen["finished"].keys()) | (_expired(records, now) - at_work)
    published = seen["handed"].keys() | seen["offered"].keys()
    void = promises.void(promised, {UNNAMED, *raised, *revoked, *not_taken}, published | at_work)
    owed = (published | promised.keys()) - not_taken - revoked - void
    executed = owed & seen["finished"].keys()
    doubled = {task_id for task_id in owed if seen["finished"][task_id] > 1}
    place = {item["id"]: item["where"] for item in reversed(records) if item["what"] == "finished"}  # the first stays
    places = Counter(place[task_id] for task_id in executed)
    return Judgement(
        handed_over=len(owed),
        executed=len(executed),
        lost=_ordered(owed - executed),
        doubled=_ordered(doubled),
        unknown=_ordered(at_work - published - promised.keys()),
        running=_ordered(_running(seen) - revoked),
        refused=_ordered(not_taken),
        revoked=_ordered(revoked),
        raised=_ordered(executed & raised),
        inline=places["inline"],
        on_worker=places["worker"],
        kinds=_counted(owed, executed, doubled, lambda task_id: names[task_id].partition(".")[0]),
        names=_counted(owed, executed, doubled, names.__getitem__),
        name_of=names,
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


def _names(records: Iterable[Record]) -> dict[str, str]:
    found: dict[str, str] = {}
    for record in records:
        for item in (record, *record.get("promised", ())):
            if "name" in item:
                found.setdefault(item["id"], str(item["name"]))
    return found


def _seen(records: Iterable[Record]) -> defaultdict[str, Counter[str]]:
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        found[record["what"]][record["id"]] += 1
    return found


def _not_taken(seen: Mapping[str, Counter[str]], at_work: Collection[str]) -> set[str]:
    """Return the tasks whose publish raised, or never ended, so that their callers do not count on them."""
    refused = (seen["refused"].keys() & seen["handed"].keys()) | (seen["offered"].keys() - seen["handed"].keys())
    return refused - set(at_work)


def _expired(records: Iterable[Record], now: datetime) -> set[str]:
    """Return the tasks whose time is over. RabbitMQ drops them by itself, and no signal tells."""
    return {item["id"] for item in records if item.get("expires") and _moment(item["expires"]) < now}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _running(seen: Mapping[str, Counter[str]]) -> set[str]:
    ends = seen["finished"] + seen["retried"]
    return {task_id for task_id, tries in seen["started"].items() if tries > ends[task_id]}


def _counted(
    owed: Iterable[str], executed: Collection[str], doubled: Collection[str], kind_of: Callable[[str], str]
) -> Mapping[str, KindCount]:
    handed, done, twice = (Counter(map(kind_of, ids)) for ids in (owed, executed, doubled))
    return {
        kind: KindCount(number, done[kind], number - done[kind], twice[kind])
        for kind, number in sorted(handed.items())
    }


def _ordered(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(ids))


def _shortened(ids: tuple[str, ...]) -> str:
    shown = ", ".join(ids[:IDS_SHOWN])
    return shown if len(ids) <= IDS_SHOWN else f"{shown} and {len(ids) - IDS_SHOWN} more"
