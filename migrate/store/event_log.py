"""The record of a migration: its events in the store, for reports, for `status` and for whoever follows it.

Nothing rests on it. The journal is what a migration goes on from; this may have gaps, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from sqlalchemy import func, insert, select

from migrate.store.records import Recorded
from migrate.store.schema import events
from migrate.store.together import Together

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from migrate.store.records import Line
    from migrate.store.store import Store

_WRITERS: Final = 0x6D696776
"""The first half of the number of PostgreSQL's lock: ours alone."""


class _Batch(Struct, frozen=True):
    migration: str
    lines: Sequence[Line]


class EventLog:
    """Reads and writes the events of migrations; every method raises StoreUnusable when the database fails."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._batches = Together(self._write_all)

    def append(self, migration: str, lines: Sequence[Line]) -> None:
        """Write events behind those that are there, all or none; other processes may write at the same time."""
        self._batches.write(_Batch(migration, lines))

    def _write_all(self, batches: Sequence[_Batch]) -> None:
        with self._store.transaction() as connection:
            # In the same order everywhere, or two processes would wait for each other.
            for batch in sorted(batches, key=lambda batch: batch.migration):
                _write(connection, batch)

    def read(self, migration: str, after: int = -1, limit: int | None = None) -> tuple[Recorded, ...]:
        """Return the events of a migration with a higher number than ``after``, in order, ``limit`` at most.

        What is once read stays first: nothing is ever written in between, so that a follower misses none.
        """
        query = (
            select(events)
            .where((events.c.migration == migration) & (events.c.sequence > after))
            .order_by(events.c.sequence)
            .limit(limit)
        )
        with self._store.transaction() as connection:
            rows = connection.execute(query).all()
            return tuple(Recorded(row.at, row.type, row.body, row.sequence) for row in rows)

    def last(self, migration: str, kind: str) -> Recorded | None:
        """Return the newest event of a type, such as ``step.waiting``."""
        query = (
            select(events)
            .where((events.c.migration == migration) & (events.c.type == kind))
            .order_by(events.c.sequence.desc())
            .limit(1)
        )
        with self._store.transaction() as connection:
            row = connection.execute(query).first()
            return Recorded(row.at, row.type, row.body, row.sequence) if row else None

    def chosen(self, migrations: Collection[str], kinds: Collection[str]) -> Mapping[str, tuple[Recorded, ...]]:
        """Return the events of these types in order, by migration: what a page about many can take in at once."""
        query = (
            select(events)
            .where(events.c.migration.in_(migrations) & events.c.type.in_(kinds))
            .order_by(events.c.migration, events.c.sequence)
        )
        found: dict[str, list[Recorded]] = {}
        with self._store.transaction() as connection:
            for row in connection.execute(query):
                found.setdefault(row.migration, []).append(Recorded(row.at, row.type, row.body, row.sequence))
        return {migration: tuple(lines) for migration, lines in found.items()}


def _write(connection: Connection, batch: _Batch) -> None:
    # One writer after the other, as on SQLite: so whoever sees a number has seen all before it.
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_WRITERS, func.hashtext(batch.migration))))
    newest = select(func.max(events.c.sequence)).where(events.c.migration == batch.migration)
    known = connection.execute(newest).scalar()
    first = 0 if known is None else known + 1
    rows = [
        {"migration": batch.migration, "sequence": number, "at": line.at, "type": line.type, "body": line.body}
        for number, line in enumerate(batch.lines, start=first)
    ]
    connection.execute(insert(events), rows)
