"""Opens the database so that a commit has reached the disk when it returns."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Engine, event
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool, StaticPool

from migrate.errors import StoreUnusable
from migrate.secrets import Secret
from migrate.store.place import unusable_url

PATIENCE_SECONDS: Final = 10
"""How long a database may keep a process waiting: for a lock, for a connection."""

_OWNER_ONLY: Final = 0o600
# A server that has gone without a word is noticed. https://www.postgresql.org/docs/current/libpq-connect.html
_PATIENCE: Final = {"connect_timeout": PATIENCE_SECONDS, "tcp_user_timeout": 1000 * PATIENCE_SECONDS}


def open_engine(url: str) -> Engine:
    """Given a SQLAlchemy URL, return an engine; raises StoreUnusable when it cannot be opened for writing."""
    try:
        parsed = sqlalchemy.make_url(url)
        _keep_secret(parsed)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        if parsed.drivername in {"postgres", "postgresql"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        return _postgresql(parsed)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise unusable_url(error) from None


def open_nothing(_url: str) -> Engine:
    """Return an engine over an empty database that is nowhere: what there is to read where there is no store yet."""
    engine = sqlalchemy.create_engine("sqlite://", poolclass=StaticPool)
    event.listen(engine, "connect", _durable)
    event.listen(engine, "begin", _begin_immediately)
    return engine


def _keep_secret(url: sqlalchemy.URL) -> None:
    Secret(str(url.password or ""))
    for value in url.query.values():
        Secret(value if isinstance(value, str) else "".join(value))


def _sqlite(url: sqlalchemy.URL) -> Engine:
    if not url.database or ":memory:" in url.database or url.query.get("mode") == "memory":
        raise StoreUnusable(
            "The store is in memory.",
            why="A checkpoint that dies with the process cannot be resumed.",
            next="--store sqlite:////path/to/file",
        )
    _make_private(Path(url.database))
    # A connection each time: several threads and a fork may use the store.
    engine = sqlalchemy.create_engine(url, poolclass=NullPool, connect_args={"timeout": PATIENCE_SECONDS})
    event.listen(engine, "connect", _durable)
    event.listen(engine, "begin", _begin_immediately)
    return engine


def _postgresql(url: sqlalchemy.URL) -> Engine:
    patience = {name: value for name, value in _PATIENCE.items() if name not in url.query}
    engine = sqlalchemy.create_engine(url, pool_pre_ping=True, connect_args=patience)
    event.listen(engine, "connect", _firm)
    return engine


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # What is there is not opened: a close would end the locks that another thread has on it.
        # https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
        if not path.is_file():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY))
        path.chmod(_OWNER_ONLY)
    except OSError as error:
        raise StoreUnusable(
            f"The store {path} cannot be written.",
            why=f"{error.strerror}.",
            next=f"ls -ld {shlex.quote(str(path.parent))}    (it must be yours to write; or: --store sqlite:////path/to/file)",
        ) from None


def _durable(connection: Any, _record: object) -> None:
    # EXTRA makes every commit wait until file and folder are on the disk. A write-ahead log would not be quicker with
    # a connection each time, and two programs cannot both switch a new file to it. https://sqlite.org/pragma.html
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=EXTRA")


def _firm(connection: Any, _record: object) -> None:
    # Whatever role and database prefer: a commit waits for the disk, and a lock is not waited for without an end.
    # https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT
    connection.autocommit = True
    connection.execute(f"SET synchronous_commit = on; SET lock_timeout = '{PATIENCE_SECONDS}s'")
    connection.autocommit = False


def _begin_immediately(connection: sqlalchemy.Connection) -> None:
    # Two processes that read a lease and then write it must not both read first. https://sqlite.org/lang_transaction.html
    connection.exec_driver_sql("BEGIN IMMEDIATE")
