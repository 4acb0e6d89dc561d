"""What the store keeps, as values: migrations, the lines of their journals and of their records of events."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from migrate.migration import Migration

LEASE_SECONDS: Final = 120
"""How long a lease lasts without a sign of life from its holder."""


class State(StrEnum):
    """Where a migration stands."""

    RUNNING = "running"
    """Somebody works on it, or was killed while doing so."""
    STOPPED = "stopped"
    """It ended part-way and said so; it can be resumed."""
    ROLLING_BACK = "rolling-back"
    """It turned round; somebody works on the way back, or it ended part-way and can be resumed."""
    DONE = "done"
    ROLLED_BACK = "rolled-back"
    ABANDONED = "abandoned"
    """Somebody gave it up and left the app as it was."""
    ENDED = "ended"
    """It ended before anything was changed."""


OPEN: Final = frozenset({State.RUNNING, State.STOPPED, State.ROLLING_BACK})
"""States that can be resumed, and that keep another migration from starting."""


class Entry(Struct, frozen=True):
    """One line of a journal."""

    at: datetime
    kind: str
    name: str
    body: Mapping[str, Any]


class Record(Struct, frozen=True):
    """A migration as the store knows it."""

    migration: Migration
    state: State
    created_at: datetime


class Line(Struct, frozen=True):
    """One event as it is to be written."""

    at: datetime
    type: str
    body: Mapping[str, Any]
    """The whole event, as ``--json`` writes it. No secret is in it."""


class Recorded(Line, frozen=True):
    """One event as it was read."""

    sequence: int
    """From 0 on, without a gap, over all processes that have worked on the migration."""


class Lines(Protocol):
    """Where a journal is kept: the store, or memory."""

    def entries(self, migration: str, /) -> tuple[Entry, ...]:
        """Return the lines of a migration, oldest first."""

    def append(self, migration: str, sequence: int, entry: Entry, /) -> None:
        """Keep one more line."""


class LastEvents(Protocol):
    """What tells the newest event of a migration."""

    def last(self, migration: str, kind: str) -> Recorded | None:
        """Return the newest event of a type, such as ``step.waiting``."""


class Reading(Lines, Protocol):
    """What a look at a store needs: the store itself, or its file."""

    @property
    def events(self) -> LastEvents:
        """The record of what happened."""

    def record(self, migration: str) -> Record:
        """Given an id, return the migration; raises MigrationUnknown."""

    def newest(self, app: str | None = None) -> Record | None:
        """Return the newest migration, of one app or of all."""

    def all(self, app: str | None = None) -> tuple[Record, ...]:
        """Return every migration, of one app or of all, newest first."""

    def holder(self, app: str) -> str | None:
        """Return who holds an app now, if anybody does."""
