"""A look at a SQLite store for commands that only tell what is there: its file is neither made, upgraded nor changed.

Python's own module reads it, which is there at once; SQLAlchemy takes longer to import than all that such a command
does. What cannot be read so is left to the store, which mends it, or says in its own words what is wrong.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from io import UnsupportedOperation
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar
from urllib.parse import quote

from migrate.errors import MigrationUnknown
from migrate.migration import Migration
from migrate.store.records import Entry, Record, Recorded, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from migrate.clock import Clock

T = TypeVar("T")
SCHEMA_VERSION: Final = 4
"""Of the tables that are read here; older and newer ones are the store's to see to."""
_SECONDS: Final = 1
_WRITTEN: Final = "%Y-%m-%d %H:%M:%S.%f"
"""How SQLAlchemy writes a time, in UTC. https://docs.sqlalchemy.org/en/20/dialects/sqlite.html"""


class Unseen(Exception):
    """The file could not be read so."""


class Look:
    """What was in a store at one moment; reads as the store does, but raises Unseen where that fails."""

    def __init__(self, connection: sqlite3.Connection | None, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    @property
    def events(self) -> Look:
        """The record of what happened."""
        return self

    def record(self, migration: str) -> Record:
        """Given an id, return the migration; raises MigrationUnknown."""
        found = self._records("WHERE id = ?", migration)
        if not found:
            raise MigrationUnknown(f"The store has no migration {migration}.", next="migrate-plan status")
        return found[0]

    def newest(self, app: str | None = None) -> Record | None:
        """Return the newest migration, of one app or of all."""
        return next(iter(self.all(app)), None)

    def all(self, app: str | None = None) -> tuple[Record, ...]:
        """Return every migration, of one app or of all, newest first."""
        return self._records("WHERE app = ?", app) if app else self._records("")

    def entries(self, migration: str, /) -> tuple[Entry, ...]:
        """Return the journal of a migration, oldest first."""
        query = "SELECT at, kind, name, body FROM journal WHERE migration = ? ORDER BY sequence"
        return self._rows(_entry, query, migration)

    def append(self, _migration: str, _sequence: int, _entry: Entry, /) -> NoReturn:
        """Refuse to: a look writes nothing."""
        raise UnsupportedOperation

    def holder(self, app: str) -> str | None:
        """Return who holds an app now, if anybody does."""
        now = self._clock.now().astimezone(UTC).strftime(_WRITTEN)
        query = "SELECT holder FROM leases WHERE app = ? AND expires_at >= ?"
        return next(iter(self._rows(str, query, app, now)), None)

    def last(self, migration: str, kind: str) -> Recorded | None:
        """Return the newest event of a type, such as ``step.waiting``."""
        query = "SELECT at, type, body, sequence FROM events WHERE migration = ? AND type = ? ORDER BY sequence DESC"
        return next(iter(self._rows(_recorded, f"{query} LIMIT 1", migration, kind)), None)

    def _records(self, where: str, *values: str) -> tuple[Record, ...]:
        query = f"SELECT body, state, created_at FROM migrations {where} ORDER BY created_at DESC"  # noqa: S608 -- ours
        return self._rows(_record, query, *values)

    def _rows(self, parse: Callable[..., T], query: str, *values: str) -> tuple[T, ...]:
        try:
            return tuple(parse(*row) for row in self._connection.execute(query, values)) if self._connection else ()
        except (sqlite3.Error, LookupError, TypeError, ValueError) as error:
            raise Unseen from error


@contextmanager
def looking(path: Path, clock: Clock) -> Iterator[Look]:
    """Open a store's file as it is at one moment, for the whole block; where there is none it is empty.

    Raises Unseen.
    """
    if not path.exists():
        yield Look(None, clock)
        return
    # https://www.sqlite.org/uri.html
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        connection = sqlite3.connect(address, uri=True, timeout=_SECONDS, isolation_level=None)
    except sqlite3.Error as error:
        raise Unseen from error
    with closing(connection):
        _begin(connection)
        yield Look(connection, clock)


def _begin(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("BEGIN")
        found = connection.execute("SELECT max(version) FROM migrate_plan_schema").fetchone()
    except sqlite3.Error as error:
        raise Unseen from error
    if found != (SCHEMA_VERSION,):
        raise Unseen


def _record(body: str, state: str, created_at: str) -> Record:
    return Record(Migration.from_json(json.loads(body)), State(state), _moment(created_at))


def _entry(at: str, kind: str, name: str, body: str) -> Entry:
    return Entry(_moment(at), kind, name, json.loads(body))


def _recorded(at: str, kind: str, body: str, sequence: int) -> Recorded:
    return Recorded(_moment(at), kind, json.loads(body), sequence)


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)
