"""What happened in a migration, in the order of time: pure values that charts and tables are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from datetime import datetime

Body = Mapping[str, Any]
"""An event as ``--json`` writes it; of another version, fields may be missing."""


class Told(Struct, frozen=True):
    """One event of the record."""

    at: datetime
    type: str
    body: Body


class Ending(StrEnum):
    """How something ended."""

    DONE = "done"
    STOPPED = "stopped"
    """Its process said that it stopped."""
    UNSEEN = "end not recorded"
    """The record ends without a word: the process was killed, or could not write."""
    RUNNING = "running"


class Process(Struct, frozen=True):
    """One run of the program that worked on the migration."""

    number: int
    """From 1 on."""
    began: datetime
    ended: datetime
    """The last that was heard of it; the present time where it still runs."""
    how: str
    """started, resumed or going back."""
    ending: Ending
    code: str = ""
    """Of its result; empty where there is none."""


class Span(Struct, frozen=True):
    """A step at work in one process."""

    step: str
    process: int
    began: datetime
    ended: datetime
    ending: Ending

    @property
    def seconds(self) -> float:
        """How long it took, by the times of its events."""
        return (self.ended - self.began).total_seconds()


class Hold(Struct, frozen=True):
    """A wait at the gate before a step."""

    step: str
    began: datetime
    ended: datetime
    who: str
    """Who opened the gate; empty where nobody did."""


class Period(Struct, frozen=True):
    """From one moment to another."""

    began: datetime
    ended: datetime
    is_over: bool
    """False: ``ended`` is merely the last that is known."""
    counted: float | None = None
    """Its seconds as they were written down, which may be a little more or less than the events say."""

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.ended - self.began).total_seconds() if self.counted is None else self.counted


class Release(Struct, frozen=True):
    """A release that was seen to be live."""

    version: int
    at: datetime
    step: str


class Story(Struct, frozen=True):
    """A whole migration, as far as it is recorded."""

    steps: tuple[str, ...]
    """In the order in which they were to be taken, those of the way back behind them."""
    titles: Mapping[str, str]
    processes: tuple[Process, ...]
    spans: tuple[Span, ...]
    holds: tuple[Hold, ...]
    eager: tuple[Period, ...]
    releases: tuple[Release, ...]
    removal: datetime | None
    """When the call that removes the old add-on was sent."""
    missing: int
    """Events that are known to be missing."""

    @property
    def period(self) -> Period | None:
        """From the first process to the last that is known; None where nothing is recorded."""
        if not self.processes:
            return None
        ended = max(item.ended for item in self.processes)
        running = any(item.ending is Ending.RUNNING for item in self.processes)
        return Period(self.processes[0].began, ended, is_over=not running)


Record = Sequence[Told]
