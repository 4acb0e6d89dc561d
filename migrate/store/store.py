"""The store over SQLAlchemy: migrations, their journals, and who works on which app.

SQLite (the default) and PostgreSQL behave the same here; SQLAlchemy carries the difference.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy
from sqlalchemy import Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from migrate.errors import AppHeld, MigrationUnknown, StoreUnusable
from migrate.migration import Migration
from migrate.store.engine import open_engine, shown
from migrate.store.schema import SCHEMA_VERSION, journal, leases, metadata, migrations, schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migrate.clock import Clock

_CREATION: Final = 0x6D696772
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


@dataclass(frozen=True)
class Entry:
    """One line of a journal."""

    at: datetime
    kind: str
    name: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Record:
    """A migration as the store knows it."""

    migration: Migration
    state: State
    created_at: datetime


class Store:
    """Reads and writes checkpoints; every method raises StoreUnusable when the database fails."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.engine: Engine = open_engine(url)
        self.clock = clock
        with self._transaction() as connection:
            if connection.dialect.name == "postgresql":
                # Two programs that create the same table at once fail there. The number is ours alone.
                connection.execute(select(func.pg_advisory_xact_lock(_CREATION)))
            schema.create(connection, checkfirst=True)
            version = connection.execute(select(func.max(schema.c.version))).scalar()
            if version is None:
                connection.execute(insert(schema).values(version=SCHEMA_VERSION))
            if version is None or version <= SCHEMA_VERSION:
                metadata.create_all(connection)
        if version is not None and version > SCHEMA_VERSION:
            self.engine.dispose()
            raise StoreUnusable(
                f"The store was written by a newer migrate-plan (schema {version}, this one knows {SCHEMA_VERSION}).",
                why="An older program would not understand what is in it.",
                next="pip install --upgrade migrate-plan",
            )

    def create(self, migration: Migration) -> None:
        """Write a new migration down; from here on it can be resumed."""
        with self._transaction() as connection:
            connection.execute(
                insert(migrations).values(
                    id=migration.id,
                    app=migration.app,
                    state=State.RUNNING,
                    body=migration.to_json(),
                    created_at=self.clock.now(),
                )
            )

    def set_state(self, migration: str, state: State) -> None:
        """Write down where a migration stands."""
        with self._transaction() as connection:
            connection.execute(update(migrations).where(migrations.c.id == migration).values(state=state))

    def accept(self, migration: Migration, codes: tuple[str, ...]) -> Migration:
        """Write down that further findings were accepted by name; return the migration with them."""
        return self.amend(replace(migration, accepted=tuple(dict.fromkeys((*migration.accepted, *codes)))))

    def amend(self, migration: Migration) -> Migration:
        """Write down what has been decided anew about a migration; return it."""
        with self._transaction() as connection:
            where = migrations.c.id == migration.id
            connection.execute(update(migrations).where(where).values(body=migration.to_json()))
        return migration

    def record(self, migration: str) -> Record:
        """Given an id, return the migration; raises MigrationUnknown."""
        found = self._records(migrations.c.id == migration)
        if not found:
            raise MigrationUnknown(f"The store has no migration {migration}.", next="migrate-plan status")
        return found[0]

    def unfinished(self, app: str) -> Record | None:
        """Given an app, return its newest migration that is neither done nor ended."""
        open_states = migrations.c.state.in_(sorted(OPEN))
        return next(iter(self._records(open_states & (migrations.c.app == app))), None)

    def newest(self, app: str | None = None) -> Record | None:
        """Return the newest migration, of one app or of all."""
        where = migrations.c.app == app if app else sqlalchemy.true()
        return next(iter(self._records(where)), None)

    def entries(self, migration: str) -> tuple[Entry, ...]:
        """Return the journal of a migration, oldest first."""
        query = select(journal).where(journal.c.migration == migration).order_by(journal.c.sequence)
        with self._transaction() as connection:
            return tuple(Entry(_utc(row.at), row.kind, row.name, row.body) for row in connection.execute(query))

    def append(self, migration: str, sequence: int, entry: Entry) -> None:
        """Write one line of a journal; when this returns it has reached the disk."""
        with self._transaction() as connection:
            connection.execute(
                insert(journal).values(
                    migration=migration,
                    sequence=sequence,
                    at=entry.at,
                    kind=entry.kind,
                    name=entry.name,
                    body=dict(entry.body),
                )
            )

    def take_lease(self, app: str, migration: str, holder: str) -> None:
        """Hold an app for one process, or renew what it holds; raises AppHeld while another one does."""
        now = self.clock.now()
        lease = {"migration": migration, "expires_at": now + timedelta(seconds=LEASE_SECONDS)}
        mine = (leases.c.app == app) & (leases.c.holder == holder)
        with self._transaction() as connection:
            if connection.execute(update(leases).where(mine).values(lease)).rowcount:
                return
            connection.execute(delete(leases).where((leases.c.app == app) & (leases.c.expires_at < now)))
            # Of two that insert at once the database lets one through and makes the other wait for it.
            try:
                with connection.begin_nested():
                    connection.execute(insert(leases).values(app=app, holder=holder, **lease))
            except IntegrityError:
                held = connection.execute(select(leases).where(leases.c.app == app)).one()
                raise _held(app, held) from None

    def release_lease(self, app: str, holder: str) -> None:
        """Let go of an app."""
        with self._transaction() as connection:
            connection.execute(delete(leases).where((leases.c.app == app) & (leases.c.holder == holder)))

    def holder(self, app: str) -> str | None:
        """Return who holds an app now, if anybody does."""
        query = select(leases.c.holder).where((leases.c.app == app) & (leases.c.expires_at >= self.clock.now()))
        with self._transaction() as connection:
            return connection.execute(query).scalar()

    def _records(self, where: sqlalchemy.ColumnElement[bool]) -> tuple[Record, ...]:
        query = select(migrations).where(where).order_by(migrations.c.created_at.desc())
        with self._transaction() as connection:
            rows = connection.execute(query).all()
        return tuple(Record(Migration.from_json(row.body), State(row.state), _utc(row.created_at)) for row in rows)

    @contextmanager
    def _transaction(self) -> Iterator[sqlalchemy.Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise StoreUnusable(
                f"The store at {shown(self.engine.url)} cannot be used.",
                why=str(getattr(error, "orig", None) or error).splitlines()[0],
                next="free or mend it, or name another one: --store sqlite:////path/to/file",
            ) from None


def _utc(moment: datetime) -> datetime:
    # SQLite gives times back without their zone, PostgreSQL in that of the database; they were written in UTC.
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _held(app: str, lease: Row[Any]) -> AppHeld:
    return AppHeld(
        f"Migration {lease.migration} works on {app} right now.",
        why=f"{lease.holder} holds the app until {_utc(lease.expires_at):%H:%M:%S} UTC, "
        "longer with every sign of life.",
        next=f"migrate-plan status --app {app}",
    )
