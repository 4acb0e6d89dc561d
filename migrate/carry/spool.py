"""The file in which messages lie between two brokers: one a migration, for its owner's eyes only.

A message is on the disk here before the old broker may forget it, and is struck off once the new broker has
confirmed it. Three marks a queue say what a killed process leaves in doubt: which messages are known to be
acknowledged, which have been sent, which are confirmed.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import to_builtins

from migrate.brokers.report import Binding, QueueShape
from migrate.errors import SpoolUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from migrate.clients.taking import Taken

_APPLICATION: Final = 0x6D706C6E
_VERSION: Final = 1
_BUSY_SECONDS: Final = 10.0
_OWNER_ONLY: Final = 0o600
_PORTION: Final = 200
_PORTION_BYTES: Final = 8 * 1024 * 1024
_TABLES: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE queues (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, shape TEXT NOT NULL,
    acknowledged INTEGER NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0, struck INTEGER NOT NULL DEFAULT 0);
CREATE TABLE messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL REFERENCES queues,
    exchange TEXT NOT NULL, routing_key TEXT NOT NULL, redelivered INTEGER NOT NULL,
    struck INTEGER NOT NULL DEFAULT 0, properties BLOB NOT NULL, body BLOB NOT NULL);
CREATE INDEX messages_by_queue ON messages (queue, number);
"""


class Queue(NamedTuple):
    """A queue of the spool and how far it is."""

    number: int
    name: str
    shape: QueueShape
    messages: int
    waiting: int
    """Not struck off yet, those in doubt among them."""
    in_doubt: int
    """Sent, and not seen confirmed."""


class Kept(NamedTuple):
    """A message of the spool."""

    number: int
    exchange: str
    routing_key: str
    redelivered: bool
    struck: bool
    """Whether a broker has confirmed it."""
    sent: bool
    properties: bytes
    body: bytes


class Spool:
    """One file, opened by one process to move messages and by any to look."""

    def __init__(self, path: Path, *, make: Mapping[str, str] | None = None) -> None:
        """Open a spool; with ``make``, what it is about, make it where it is missing. Raises SpoolUnusable."""
        self.path = path
        with self._usable():
            if make is not None and not path.is_file():
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY))
                path.parent.chmod(0o700)
            self._file = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_SECONDS)
            self._file.isolation_level = None
            # A commit waits until file and folder are on the disk. https://sqlite.org/pragma.html#pragma_synchronous
            self._file.execute("PRAGMA synchronous=EXTRA")
            self._prepare(make)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def about(self) -> Mapping[str, str]:
        """What was said when it was made, and since."""
        with self._usable():
            return dict(self._file.execute("SELECT name, value FROM about"))

    def say(self, **facts: str) -> None:
        """Write down something about the whole."""
        with self._transaction() as file:
            file.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", facts.items())

    def queue(self, name: str, shape: QueueShape) -> int:
        """Return a queue's number; with its first, how it was made is written down."""
        with self._transaction() as file:
            file.execute(
                "INSERT OR IGNORE INTO queues (name, shape) VALUES (?, ?)", (name, json.dumps(to_builtins(shape)))
            )
            return int(file.execute("SELECT number FROM queues WHERE name = ?", (name,)).fetchone()[0])

    def queues(self) -> tuple[Queue, ...]:
        """Return every queue and how far it is."""
        query = """
            SELECT q.number, q.name, q.shape, count(m.number),
                   count(m.number) FILTER (WHERE m.number > q.struck AND NOT m.struck),
                   count(m.number) FILTER (WHERE m.number > q.struck AND m.number <= q.sent AND NOT m.struck)
            FROM queues q LEFT JOIN messages m ON m.queue = q.number GROUP BY q.number ORDER BY q.number"""
        with self._usable():
            rows = self._file.execute(query).fetchall()
        return tuple(Queue(row[0], row[1], _shape(row[2]), *row[3:]) for row in rows)

    def keep(self, queue: int, messages: Sequence[Taken], acknowledged: int = 0) -> int:
        """Write messages down; when this returns they are on the disk. Returns the number of the last.

        ``acknowledged`` is the newest of an earlier batch that the broker is known to have forgotten.
        """
        rows = [(queue, m.exchange, m.routing_key, m.redelivered, m.properties, m.body) for m in messages]
        insert = (
            "INSERT INTO messages (queue, exchange, routing_key, redelivered, properties, body) VALUES (?,?,?,?,?,?)"
        )
        with self._transaction() as file:
            file.executemany(insert, rows)
            self._raise_mark("acknowledged", queue, acknowledged)
            return self._last()

    def acknowledged(self, queue: int) -> None:
        """Write down that the broker has forgotten every message that is kept of a queue."""
        with self._transaction():
            self._raise_mark("acknowledged", queue, self._last())

    def perhaps_not_acknowledged(self, queue: int) -> Iterator[Kept]:
        """Yield what the old broker may still have."""
        return self._read("m.number > q.acknowledged", queue)

    def sending(self, queue: int, upto: int, struck: int = 0) -> None:
        """Write down that messages up to one are about to be sent, and that those up to another are confirmed."""
        with self._transaction():
            self._raise_mark("sent", queue, upto)
            self._raise_mark("struck", queue, struck)

    def struck_off(self, queue: int, upto: int) -> None:
        """Write down that every message up to one is confirmed, or was found to have arrived."""
        self.sending(queue, 0, upto)

    def strike(self, numbers: Sequence[int]) -> None:
        """Write down that single messages are confirmed."""
        with self._transaction() as file:
            file.executemany("UPDATE messages SET struck = 1 WHERE number = ?", [(number,) for number in numbers])

    def call_back(self, queue: int) -> None:
        """Write down that what is in doubt is not on the new broker: it will be sent."""
        with self._transaction() as file:
            file.execute("UPDATE queues SET sent = struck WHERE number = ?", (queue,))

    def in_doubt(self, queue: int) -> Iterator[Kept]:
        """Yield what was sent and not seen confirmed."""
        return self._read("m.number > q.struck AND m.number <= q.sent AND NOT m.struck", queue)

    def waiting(self, queue: int) -> Iterator[Kept]:
        """Yield what was never sent, in the order in which it was taken."""
        return self._read("m.number > q.sent AND m.number > q.struck AND NOT m.struck", queue)

    def all(self, queue: int) -> Iterator[Kept]:
        """Yield every message of a queue, the struck off too."""
        return self._read("1", queue)

    def _prepare(self, make: Mapping[str, str] | None) -> None:
        version = self._file.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and make is not None:
            with self._transaction() as file:
                for statement in _TABLES.split(";"):
                    file.execute(statement)
                file.executemany("INSERT INTO about VALUES (?, ?)", make.items())
                file.execute(f"PRAGMA application_id = {_APPLICATION}")
                file.execute(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION or self._file.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
            raise sqlite3.DatabaseError("it is not a spool that this version of migrate-plan understands")

    def _read(self, which: str, queue: int) -> Iterator[Kept]:
        # In portions: an open cursor would keep this and every other process from writing.
        tables = f"FROM messages m JOIN queues q ON q.number = m.queue WHERE m.queue = ? AND {which} AND m.number"
        sizes = f"SELECT m.number, length(m.body) {tables} > ? ORDER BY m.number LIMIT {_PORTION}"
        state = "m.number <= q.struck OR m.struck, m.number <= q.sent"
        columns = f"m.number, m.exchange, m.routing_key, m.redelivered, {state}, properties, body"
        rows = f"SELECT {columns} {tables} BETWEEN ? AND ? ORDER BY m.number"
        last = 0
        while True:
            with self._usable():
                portion = _up_to_bytes(self._file.execute(sizes, (queue, last)).fetchall())
                if not portion:
                    return
                found = self._file.execute(rows, (queue, portion[0], portion[-1])).fetchall()
            for row in found:
                yield Kept(row[0], row[1], row[2], bool(row[3]), bool(row[4]), bool(row[5]), row[6], row[7])
            last = portion[-1]

    def _raise_mark(self, mark: str, queue: int, number: int) -> None:
        query = f"UPDATE queues SET {mark} = max({mark}, ?) WHERE number = ?"  # noqa: S608 -- constants of this class
        self._file.execute(query, (number, queue))

    def _last(self) -> int:
        return int(self._file.execute("SELECT coalesce(max(number), 0) FROM messages").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._usable():
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield self._file
                self._file.execute("COMMIT")
            except BaseException:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise SpoolUnusable(self.path, error) from None


def _up_to_bytes(sizes: Sequence[tuple[int, int]]) -> list[int]:
    portion, total = list[int](), 0
    for number, size in sizes:
        total += size
        if portion and total > _PORTION_BYTES:
            break
        portion.append(number)
    return portion


def _shape(text: str) -> QueueShape:
    body = json.loads(text)
    return QueueShape(**{**body, "bindings": tuple(Binding(**binding) for binding in body["bindings"])})
