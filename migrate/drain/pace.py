"""When to look at a draining broker again: seldom while it is far from empty, at once when it may be.

The bound: from the moment in which the last task is done to the verdict *empty* it takes at most the settle
window and a second. That holds while messages go at up to twice the fastest rate seen so far, and a look with
questions to the workers takes up to 0.2 s. Where nothing foretells the end, as when somebody purges a queue,
it takes up to LONGEST more. Measured: docs/draining.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from migrate.brokers.report import QueueReport, Unreadable, WorkerReport
from migrate.drain.verdict import latest_due

if TYPE_CHECKING:
    from datetime import datetime

    from migrate.brokers.queues import Sorting
    from migrate.brokers.report import Observation
    from migrate.drain.verdict import Quiet

LONGEST: Final = 10.0
"""Seconds between two looks at most, unless a look itself takes more than a twentieth of that."""
_SLACK: Final = 0.85
"""Of the second beside the settle window; the rest is for whatever else the machine does."""
_SHORTEST: Final = 0.25
_LEAST: Final = 0.01
_MARGIN: Final = 2.0
_IN_WINDOW: Final = 1.0
_SHARE: Final = 20.0


class Pace(Struct, frozen=True):
    """What the looks so far say about the next one."""

    fastest: float = 0.0
    """By how many messages a second there were fewer, between any two looks."""
    burst: int = 0
    """By how many there were fewer from one look to the next, at most."""
    still: int = 0
    """Looks on end in which nothing moved or nothing could be read."""
    dear: float = 0.15
    """Seconds that a look takes in which the workers are asked too, as the two that begin and end the window are."""
    due: datetime | None = None
    """When the last held task is due, where held tasks are all that is left."""
    last: tuple[float, int] | None = None
    """When the last readable look began, and the messages that it counted."""

    def after(self, look: Observation, sorting: Sorting) -> Pace:
        """Given the next look, return the pace that knows of it too."""
        if isinstance(look.queues, Unreadable):
            return replace(self, still=self.still + 1)
        left = sorting.messages(look.queues)
        at, before = self.last or (look.at, left)
        fewer, seconds = before - left, look.at - at
        moved = fewer > 0 and seconds > 0
        return Pace(
            fastest=max(self.fastest, fewer / seconds) if moved else self.fastest,
            burst=max(self.burst, fewer),
            still=0 if fewer else self.still + 1,
            dear=self.dear if look.workers is None else look.took,
            due=_due(look, left) if look.workers is not None else (None if fewer else self.due),
            last=(look.at, left),
        )

    def pause(self, look: Observation, sorting: Sorting, now: datetime) -> float:
        """Given the last look, which saw work or could not see, and what time it is, return the seconds to wait."""
        soon, late = self._soon(look), max(LONGEST, _SHARE * look.took)
        if isinstance(look.queues, Unreadable):
            return min(late, max(soon, 2.0 ** min(self.still - 1, 8)))
        if self.due is not None:
            return min(late, max(soon, (self.due - now).total_seconds()))
        left = sorting.messages(look.queues)
        # What is with the workers may be done all at once, and what once went between two looks may go so again.
        if left <= self.burst or not any(queue.ready for queue in sorting.work(look.queues)):
            return soon
        if not self.fastest:
            return min(late, soon * max(1, self.still))
        return min(late, max(soon, (left - self.burst) / (_MARGIN * self.fastest)))

    def _soon(self, look: Observation) -> float:
        # The end is seen late by this pause, and by the looks before it, at the window's beginning and at its end.
        return max(_SHORTEST, look.took, _SLACK - look.took - 2 * max(self.dear, look.took))


def pause_in_quiet(quiet: Quiet, more: float) -> float:
    """Given for how long it has been quiet, return the seconds to wait before the next look.

    For ``more`` seconds *empty* is not enough yet. The last look falls on the moment in which that and the
    settle window are both over.
    """
    close = more - quiet.window - _IN_WINDOW
    if close > _IN_WINDOW:
        return min(LONGEST, close)
    # Seconds are no exact numbers: what is left of the window may be too little to move a clock at all.
    return min(_IN_WINDOW, max(quiet.window - quiet.settled, more, _LEAST))


def _due(look: Observation, left: int) -> datetime | None:
    if not isinstance(look.workers, WorkerReport) or not isinstance(look.queues, QueueReport):
        return None
    held = sum(len(node.held) for node in look.workers.nodes)
    if held < left or not all(node.idle for node in look.workers.nodes):
        return None
    return latest_due(look.workers)
