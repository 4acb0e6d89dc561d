"""How full each queue has been, in few numbers however long it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_KEPT: Final = 240
"""So many looks are kept of each queue; when there are more, every second one goes."""


class Level(Struct, frozen=True):
    """One queue at every look, oldest first."""

    looks: tuple[tuple[datetime, int], ...] = ()

    @property
    def now(self) -> int:
        """The messages at the last look."""
        return self.looks[-1][1]

    @property
    def peak(self) -> int:
        """The most messages that it was seen with."""
        return max(messages for _, messages in self.looks)

    @property
    def drained(self) -> float:
        """Which part of the most it ever had is gone, from 0 to 1."""
        return 1 - self.now / self.peak if self.peak else 1.0

    def course(self, columns: int) -> tuple[int, ...]:
        """Given a number of columns, return the messages at as many moments, evenly spaced, at most one a look."""
        first, last = self.looks[0][0], self.looks[-1][0]
        span = (last - first).total_seconds()
        count = min(columns, len(self.looks))
        if count < 2 or span <= 0:  # noqa: PLR2004 -- a course has a beginning and an end
            return (self.now,)
        moments = (span * place / (count - 1) for place in range(count))
        return tuple(self._at(first, seconds) for seconds in moments)

    def _at(self, first: datetime, seconds: float) -> int:
        seen = [count for at, count in self.looks if (at - first).total_seconds() <= seconds]
        return seen[-1]


def levels_after(
    levels: Mapping[str, Level], queues: Sequence[Mapping[str, Any]] | None, at: datetime
) -> Mapping[str, Level]:
    """Given the levels so far and the queues of one more look, None where they are not known, return the levels."""
    if queues is None:
        return levels
    seen = {queue["name"]: _messages(queue) for queue in queues}
    grown = {name: Level(_thinned((*levels.get(name, Level()).looks, (at, seen[name])))) for name in seen}
    # What a look does not list is not known to be empty: it keeps what it had.
    return {**levels, **grown}


def _messages(queue: Mapping[str, Any]) -> int:
    return int(queue["ready"] + queue["unacknowledged"] + queue.get("delayed", 0))


def _thinned(looks: tuple[tuple[datetime, int], ...]) -> tuple[tuple[datetime, int], ...]:
    return looks if len(looks) <= _KEPT else (*looks[:-1:2], looks[-1])
