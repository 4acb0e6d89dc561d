"""Where the ticks of an axis stand, and what is written beside them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

CHARACTER: Final = 6.6
"""How wide a character is at most, in the units of a chart: text of 11 px in any common sans-serif."""
NAME_CHARACTER: Final = CHARACTER * 12 / 11
"""The same of 12 px, in which names are written."""
_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200),
    *(86400, 2 * 86400, 7 * 86400, 14 * 86400, 28 * 86400),
)
"""Seconds that people count in."""
_DAY: Final = 86400
_MINUTE: Final = 60


class Tick(Struct, frozen=True):
    """A tick at a place, in the units of the chart."""

    place: float
    label: str

    @property
    def width(self) -> float:
        """How much room its label takes."""
        return len(self.label) * CHARACTER


class TimeScale(Struct, frozen=True):
    """Leads from moments to places between left and right."""

    began: datetime
    ended: datetime
    left: float
    right: float

    def at(self, moment: datetime) -> float:
        """Return the place of a moment, held within the scale."""
        whole = max((self.ended - self.began).total_seconds(), 1e-3)
        share = (moment - self.began).total_seconds() / whole
        return round(self.left + min(1.0, max(0.0, share)) * (self.right - self.left), 2)

    def ticks(self) -> tuple[Tick, ...]:
        """Return ticks at round times of UTC, with room between their labels."""
        seconds = max((self.ended - self.began).total_seconds(), 1.0)
        step = next((step for step in _STEPS if self._fits(seconds, step)), math.ceil(seconds))
        first = math.ceil(self.began.timestamp() / step) * step
        found = []
        while first <= self.ended.timestamp():
            moment = datetime.fromtimestamp(first, UTC)
            found.append(Tick(self.at(moment), _label(moment, step)))
            first += step
        return tuple(_without_overlaps(found, self.right))

    def _fits(self, seconds: float, step: int) -> bool:
        label = len(_label(self.began, step)) * CHARACTER
        return (self.right - self.left) * step / seconds >= label + 2.5 * CHARACTER


def counts(most: int) -> tuple[int, ...]:
    """Given the highest number, return the numbers of an axis from 0 to at least that one: five steps at most."""
    rough = max(1.0, most / 4)
    power = 10 ** math.floor(math.log10(rough))
    step = next(int(factor * power) for factor in (1, 2, 5, 10) if factor * power >= rough and factor * power >= 1)
    return tuple(range(0, step * (math.ceil(max(most, 1) / step) + 1), step))


def short(number: int) -> str:
    """Given a number, return it for an axis: ``950``, ``12k``, ``1.5M``."""
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return str(number)


def fitting(text: str, room: float) -> str:
    """Given a text of 12 px and how much room there is, return it, or its beginning and an ellipsis."""
    most = max(1, int(room / NAME_CHARACTER))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def between(began: datetime, ended: datetime) -> tuple[datetime, datetime]:
    """Return both with a little room on either side."""
    room = max((ended - began) * 0.01, timedelta(milliseconds=200))
    return began - room, ended + room


def _label(moment: datetime, step: int) -> str:
    if step >= _DAY:
        return f"{moment:%b %d}"
    return f"{moment:%H:%M:%S}" if step < _MINUTE else f"{moment:%H:%M}"


def _without_overlaps(ticks: list[Tick], right: float) -> Iterator[Tick]:
    """Yield those whose labels neither touch the one before nor leave the chart."""
    end = -1.0
    for tick in ticks:
        if tick.place - tick.width / 2 > end and tick.place + tick.width / 2 <= right + CHARACTER:
            yield tick
            end = tick.place + tick.width / 2 + CHARACTER
