"""What befalls a database while a migration is under way; each is over when its block is left."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import event

from migrate.errors import StoreUnusable
from migrate.store.records import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.store.store import Store


@contextmanager
def full(store: Store) -> Iterator[None]:
    """SQLite's own limit stands for the disk's: not another page, and nothing free in those that are there."""

    def limit(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    event.listen(store.engine, "connect", limit)
    _fill(store)
    yield
    event.remove(store.engine, "connect", limit)


@contextmanager
def read_only_file(store: Store) -> Iterator[None]:
    """SQLite says the same of a file that is read-only for all; root may write to any other."""

    def only_read(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    event.listen(store.engine, "connect", only_read)
    yield
    event.remove(store.engine, "connect", only_read)


@contextmanager
def gone(store: Store) -> Iterator[None]:
    """Somebody has put a directory where the file was."""
    path, aside = _file(store), _file(store).with_suffix(".aside")
    path.rename(aside)
    path.mkdir()
    yield
    path.rmdir()
    aside.rename(path)


@contextmanager
def damaged(store: Store) -> Iterator[None]:
    """The first pages hold something else; a copy comes back afterwards."""
    whole = _file(store).read_bytes()
    _file(store).write_bytes(b"\x7f" * 8192 + whole[8192:])
    yield
    _file(store).write_bytes(whole)


@contextmanager
def locked_file(store: Store) -> Iterator[None]:
    """Another program is in the middle of a transaction."""
    with closing(sqlite3.connect(_file(store), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def locked_tables(store: Store) -> Iterator[None]:
    """Another session has the tables to itself."""
    with _superuser(store) as other:
        other.execute("LOCK TABLE journal, migrations, leases, migrate_plan_schema")
        yield


@contextmanager
def no_right_to_write(store: Store) -> Iterator[None]:
    """Every new session may only read, and there are only new ones."""
    with _superuser(store) as other:
        other.execute("ALTER DATABASE postgres SET default_transaction_read_only TO on")
        other.commit()
        _cut(other)
    yield
    with _superuser(store) as other:
        other.execute("SET TRANSACTION READ WRITE")
        other.execute("ALTER DATABASE postgres RESET default_transaction_read_only")
        other.commit()
        _cut(other)


SQLITE = (full, read_only_file, gone, damaged, locked_file)
POSTGRESQL = (locked_tables, no_right_to_write)


def _file(store: Store) -> Path:
    return Path(str(store.engine.url.database))


def _fill(store: Store) -> None:
    number = 0
    for size in (2000, 100, 1):
        try:
            while True:
                store.append("mig-filler", number, Entry(store.clock.now(), "note", "n", {"x": size * "x"}))
                number += 1
        except StoreUnusable:
            continue


def _superuser(store: Store) -> psycopg.Connection[Any]:
    url = store.engine.url
    return psycopg.connect(
        host=url.host,
        port=url.port,
        user=url.username,
        password=url.password,
        dbname=url.database,
        options=str(url.query["options"]),
    )


def _cut(session: psycopg.Connection[Any]) -> None:
    session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
