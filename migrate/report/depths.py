"""How many messages were in the queues, over time: few enough points and queues to be drawn."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from migrate.report.story import Record

LARGEST: Final = 5
"""So many queues are drawn by themselves."""
POINTS: Final = 360
"""So many looks are drawn at most."""
_APART_SECONDS: Final = 90.0
"""Looks that are further apart were not made in one wait, or are missing between."""


class Look(Struct, frozen=True):
    """What was seen of the queues at one moment."""

    at: datetime
    messages: int
    """In all work queues."""
    shares: tuple[int, ...]
    """Of these: in each of the queues that are drawn by themselves."""

    @property
    def others(self) -> int:
        """Messages in queues that are not drawn by themselves."""
        return max(0, self.messages - sum(self.shares))


class Count(Struct, frozen=True):
    """A total that was read by itself, at the beginning or at the end."""

    at: datetime
    messages: int
    broker: str


class Depths(Struct, frozen=True):
    """The looks that are drawn."""

    queues: tuple[str, ...]
    """Those drawn by themselves, the one that had most first."""
    others: int
    """How many other queues are known to have had messages."""
    runs: tuple[tuple[Look, ...], ...]
    """Looks without a gap in between; between two runs nobody looked, and nothing is known."""
    counts: tuple[Count, ...]
    looks: int
    """How many there are in the record."""

    @property
    def most(self) -> int:
        """The highest total; 0 where there is none."""
        looks = (look.messages for run in self.runs for look in run)
        return max((*looks, *(count.messages for count in self.counts)), default=0)

    @property
    def of_the_old_broker(self) -> tuple[Look | Count, ...]:
        """Everything that was seen of the broker that was drained, in the order of time."""
        first = self.counts[0].broker if self.counts else ""
        counts = (count for count in self.counts if count.broker == first)
        return tuple(sorted((*counts, *(look for run in self.runs for look in run)), key=lambda seen: seen.at))

    @property
    def is_known(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.runs or self.counts)


def depths(record: Record, largest: int = LARGEST, points: int = POINTS) -> Depths:
    """Given the events, return the depths of the largest queues, and of all."""
    runs = [run for run in _runs(record) if run]
    peaks: Counter[str] = Counter()
    for run in runs:
        for _, detail in run:
            for name, messages in _queues(detail).items():
                peaks[name] = max(peaks[name], messages)
    named = tuple(name for name, _ in sorted(peaks.items(), key=lambda item: (-item[1], item[0]))[:largest])
    count = sum(len(run) for run in runs)
    each = max(2, points // max(1, len(runs)))
    return Depths(
        queues=named,
        others=sum(1 for name, peak in peaks.items() if peak and name not in named),
        runs=tuple(thinned([_look(at, detail, named) for at, detail in run], each) for run in runs),
        counts=tuple(
            Count(item.at, item.body["messages"], item.body.get("broker") or "")
            for item in record
            if item.type == "broker.counted" and isinstance(item.body.get("messages"), int)
        ),
        looks=count,
    )


def thinned(looks: Sequence[Look], most: int) -> tuple[Look, ...]:
    """Given looks, return so many of them at most: the first, the last, and the highest of each stretch between."""
    if len(looks) <= most:
        return tuple(looks)
    inner, buckets = looks[1:-1], max(1, most - 2)
    bounds = [len(inner) * number // buckets for number in range(buckets + 1)]
    highest = [
        max(inner[begin:end], key=lambda look: look.messages)
        for begin, end in itertools.pairwise(bounds)
        if end > begin
    ]
    return (looks[0], *highest, looks[-1])


def _runs(record: Record) -> Iterator[list[tuple[datetime, Mapping[str, Any]]]]:
    """Yield the looks of each wait; whatever ends a wait, or a gap, begins a new run."""
    run: list[tuple[datetime, Mapping[str, Any]]] = []
    for item in record:
        detail = item.body.get("detail") or {}
        if item.type == "step.waiting" and isinstance(detail.get("messages"), int):
            if run and (item.at - run[-1][0]).total_seconds() > _APART_SECONDS:
                yield run
                run = []
            run.append((item.at, detail))
        elif item.type in {"step.started", "migration.started", "record.incomplete"}:
            yield run
            run = []
    yield run


def _queues(detail: Mapping[str, Any]) -> dict[str, int]:
    return {
        queue["name"]: (queue.get("ready") or 0) + (queue.get("unacknowledged") or 0) + (queue.get("delayed") or 0)
        for queue in detail.get("queues") or ()
    }


def _look(at: datetime, detail: Mapping[str, Any], named: tuple[str, ...]) -> Look:
    queues = _queues(detail)
    return Look(at, detail["messages"], tuple(queues.get(name, 0) for name in named))
