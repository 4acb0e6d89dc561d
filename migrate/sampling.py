"""Which events are worth keeping: all but most looks of a long wait. Pure decisions over what was heard.

A drain looks about once a second, for twelve hours where it must. What is kept draws the same curve.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.events import ApiCalled, StepStarted, StepWaiting

if TYPE_CHECKING:
    from datetime import datetime

    from migrate.events import Event

CLOSE_SECONDS: Final = 5.0
"""Between two looks that are kept, at the beginning of a step."""
WIDE_SECONDS: Final = 30.0
"""Likewise, later on."""
BEGINNING_SECONDS: Final = 600.0
"""For so long a step is at its beginning."""
MOST: Final = 20_000
"""So many looks and reads one process keeps at most, some 10 MB."""

_FIGURES: Final = re.compile(r"\d+")


class Heard(Struct, frozen=True):
    """An event with the moment in which it was heard."""

    event: Event
    at: datetime
    monotonic: float
    """Seconds on a clock that only grows."""


@dataclass
class Sampler:
    """Sifts the events of one process."""

    _began: float = 0.0
    _kept: float = 0.0
    _about: tuple[str, str] = ("", "")
    """The step that waits, and its reason without figures."""
    _left_out: Heard | None = None
    """The newest look that was not kept."""
    _routine: int = 0

    def sift(self, heard: Heard) -> tuple[Heard, ...]:
        """Given the next event, return those to keep now, in order: none, it, or it with a look from before it."""
        if isinstance(heard.event, StepWaiting):
            return self._look(heard, heard.event)
        if isinstance(heard.event, ApiCalled):
            return (heard,) if not heard.event.is_read or self._is_room() else ()
        if isinstance(heard.event, StepStarted):
            self._began = heard.monotonic
        # The last look before anything else happens ends the curve where it ended.
        last, self._left_out = self._left_out, None
        return (last, heard) if last else (heard,)

    def _look(self, heard: Heard, event: StepWaiting) -> tuple[Heard, ...]:
        about = (event.step, _FIGURES.sub("", event.reason))
        beginning = heard.monotonic - self._began < BEGINNING_SECONDS
        since = heard.monotonic - self._kept
        news = about != self._about and (beginning or since >= CLOSE_SECONDS)
        due = since >= (CLOSE_SECONDS if beginning else WIDE_SECONDS)
        if not (news or due) or not self._is_room():
            self._left_out = heard
            return ()
        self._kept, self._about, self._left_out = heard.monotonic, about, None
        return (heard,)

    def _is_room(self) -> bool:
        self._routine += 1
        return self._routine <= MOST
