"""The store over SQLAlchemy: migrations, their journals, and who works on which app.

SQLite (the default) and PostgreSQL behave the same here; SQLAlchemy carries the difference.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy
from msgspec.structs import replace
from sqlalchemy import Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from migrate.errors import AppHeld, MigrationUnknown
from migrate.migration import Migration
from migrate.store.engine import open_engine
from migrate.store.event_log import EventLog
from migrate.store.fleets import Fleets
from migrate.store.records import LEASE_SECONDS, OPEN, Entry, Record, State
from migrate.store.schema import Moment, journal, leases, migrations
from migrate.store.together import Together
from migrate.store.trouble import check_whole, unusable
from migrate.store.turns import Turns
from migrate.store.upgrades import bring_up_to_date

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from migrate.clock import Clock

_JOURNAL_BYTES: Final = 65536


class Store:
    """Reads and writes checkpoints; every method raises StoreUnusable when the database fails."""

    def __init__(self, url: str, clock: Clock, open_at: Callable[[str], Engine] = open_engine) -> None:
        self.engine: Engine = open_at(url)
        self.clock = clock
        self._turns = Turns() if self.engine.dialect.name == "sqlite" else nullcontext()
        self._lines = Together(self._write_lines)
        self._events = EventLog(self)
        try:
            with self.transaction() as connection:
                bring_up_to_date(connection)
        except BaseException:
            self.engine.dispose()
            raise

    @property
    def events(self) -> EventLog:
        """The record of what happened, on which nothing rests."""
        return self._events

    @property
    def fleets(self) -> Fleets:
        """Many apps together."""
        return Fleets(self)

    def prove_writable(self) -> None:
        """Write as much as a whole journal and take it back: a full disk, damage or a missing right shows at once."""
        proof = uuid.uuid4().hex
        if self.engine.dialect.name == "sqlite":
            with self.transaction() as connection:
                check_whole(connection)
        self.append(proof, 0, Entry(self.clock.now(), "note", "proof", {"room": _JOURNAL_BYTES * "x"}))
        with self.transaction() as connection:
            connection.execute(delete(journal).where(journal.c.migration == proof))

    def create(self, migration: Migration) -> None:
        """Write a new migration down; from here on it can be resumed."""
        with self.transaction() as connection:
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
        with self.transaction() as connection:
            connection.execute(update(migrations).where(migrations.c.id == migration).values(state=state))

    def accept(self, migration: Migration, codes: tuple[str, ...]) -> Migration:
        """Write down that further findings were accepted by name; return the migration with them."""
        return self.amend(replace(migration, accepted=tuple(dict.fromkeys((*migration.accepted, *codes)))))

    def amend(self, migration: Migration) -> Migration:
        """Write down what has been decided anew about a migration; return it."""
        with self.transaction() as connection:
            where = migrations.c.id == migration.id
            connection.execute(update(migrations).where(where).values(body=migration.to_json()))
        return migration

    def record(self, migration: str) -> Record:
        """Given an id, return the migration; raises MigrationUnknown."""
        found = self.find(migration)
        if found is None:
            raise MigrationUnknown(f"The store has no migration {migration}.", next="migrate-plan status")
        return found

    def find(self, migration: str) -> Record | None:
        """Given an id, return the migration, or None."""
        return next(iter(self._records(migrations.c.id == migration)), None)

    def unfinished(self, app: str) -> Record | None:
        """Given an app, return its newest migration that is neither done nor ended."""
        open_states = migrations.c.state.in_(sorted(OPEN))
        return next(iter(self._records(open_states & (migrations.c.app == app))), None)

    def newest(self, app: str | None = None) -> Record | None:
        """Return the newest migration, of one app or of all."""
        return next(iter(self.all(app)), None)

    def all(self, app: str | None = None) -> tuple[Record, ...]:
        """Return every migration, of one app or of all, newest first."""
        return self._records(migrations.c.app == app if app else sqlalchemy.true())

    def several(self, ids: Collection[str]) -> tuple[Record, ...]:
        """Given ids, return those migrations of them that there are, newest first."""
        return self._records(migrations.c.id.in_(ids))

    def entries(self, migration: str) -> tuple[Entry, ...]:
        """Return the journal of a migration, oldest first."""
        query = select(journal).where(journal.c.migration == migration).order_by(journal.c.sequence)
        with self.transaction() as connection:
            return tuple(Entry(row.at, row.kind, row.name, row.body) for row in connection.execute(query))

    def journals(self, ids: Collection[str]) -> Mapping[str, tuple[Entry, ...]]:
        """Given ids, return the journals of those migrations, by id."""
        query = select(journal).where(journal.c.migration.in_(ids)).order_by(journal.c.migration, journal.c.sequence)
        found: dict[str, list[Entry]] = {}
        with self.transaction() as connection:
            for row in connection.execute(query):
                found.setdefault(row.migration, []).append(Entry(row.at, row.kind, row.name, row.body))
        return {migration: tuple(lines) for migration, lines in found.items()}

    def append(self, migration: str, sequence: int, entry: Entry) -> None:
        """Write one line of a journal; when this returns it has reached the disk.

        Raises AppHeld when another process has written that line: it works on the migration now.
        """
        line = {"at": entry.at, "kind": entry.kind, "name": entry.name, "body": dict(entry.body)}
        self._lines.write({"migration": migration, "sequence": sequence, **line})

    def _write_lines(self, lines: Sequence[Mapping[str, Any]]) -> None:
        # In the same order everywhere, or two processes with the same lines would wait for each other.
        lines = sorted(lines, key=lambda line: (line["migration"], line["sequence"]))
        with self.transaction() as connection:
            try:
                connection.execute(insert(journal), [dict(line) for line in lines])
            except IntegrityError:
                raise _overtaken(lines[0]["migration"]) from None

    def take_lease(self, app: str, migration: str, holder: str) -> None:
        """Hold an app for one process, or renew what it holds; raises AppHeld while another one does."""
        mine = (leases.c.app == app) & (leases.c.holder == holder)
        with self.transaction() as connection:
            now = self.now(connection)
            lease = {"migration": migration, "expires_at": now + timedelta(seconds=LEASE_SECONDS)}
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
        with self.transaction() as connection:
            connection.execute(delete(leases).where((leases.c.app == app) & (leases.c.holder == holder)))

    def holder(self, app: str) -> str | None:
        """Return who holds an app now, if anybody does."""
        with self.transaction() as connection:
            held = (leases.c.app == app) & (leases.c.expires_at >= self.now(connection))
            return connection.execute(select(leases.c.holder).where(held)).scalar()

    def _records(self, where: sqlalchemy.ColumnElement[bool]) -> tuple[Record, ...]:
        query = select(migrations).where(where).order_by(migrations.c.created_at.desc())
        with self.transaction() as connection:
            rows = connection.execute(query).all()
            return tuple(Record(Migration.from_json(row.body), State(row.state), row.created_at) for row in rows)

    def now(self, connection: sqlalchemy.Connection) -> datetime:
        """Return the time by which leases go."""
        # A lease goes by one clock. Machines that share a PostgreSQL have their own, which differ; a file's have one.
        if connection.dialect.name == "postgresql":
            return connection.execute(select(func.now(type_=Moment))).scalar_one()
        return self.clock.now()

    @contextmanager
    def transaction(self) -> Iterator[sqlalchemy.Connection]:
        """Write all that is done in the block, or none of it; raises StoreUnusable when the database fails."""
        try:
            with self._turns, self.engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError, LookupError, TypeError, ValueError) as error:
            # The last three: a row holds something that this program does not write.
            raise unusable(self.engine.url, error) from None


def _overtaken(migration: str) -> AppHeld:
    return AppHeld(
        f"Another process works on {migration} too.",
        why="It has written the next line of the journal; this one stops before it does anything twice.",
        next=f"migrate-plan status {migration}",
    )


def _held(app: str, lease: Row[Any]) -> AppHeld:
    return AppHeld(
        f"Migration {lease.migration} works on {app} right now.",
        why=f"{lease.holder} holds the app until {lease.expires_at:%H:%M:%S} UTC, longer with every sign of life.",
        next=f"migrate-plan status --app {app}",
    )
