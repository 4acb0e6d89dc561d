"""Threads of one process take turns at a SQLite file, which has one writer at a time and no queue of those who wait.

There they look every 0.1 s: of a hundred threads some would find the lock taken each time, until their patience ends,
and the migration that they work on with it. https://sqlite.org/c3ref/busy_timeout.html
"""

from __future__ import annotations

import threading
from typing import Final, Self

from migrate.store.engine import PATIENCE_SECONDS


class Busy(TimeoutError):
    """Another thread keeps the store to itself; to be mended as where another process does."""

    sqlite_errorname: Final = "SQLITE_BUSY"


def may_be_interrupted() -> bool:
    """Whether a signal may end this thread anywhere, even between taking a lock and noting that it has it.

    https://docs.python.org/3/library/signal.html#signals-and-threads
    """
    return threading.current_thread() is threading.main_thread()


class Turns:
    """Lets one thread after the other through, each with the patience that it has for a database.

    Other processes are no part of it: between them the file's own lock decides. Nor is a thread that may be
    interrupted: it would take its turn along, and all others would wait for it in vain.
    """

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Return when it is this thread's turn; raises Busy, as the file would."""
        if may_be_interrupted():
            return self
        if not self._lock.acquire(timeout=self._patience):
            raise Busy(f"another thread of this process has had the store for {self._patience:g} s")
        return self

    def __exit__(self, *_error: object) -> None:
        """Let the next one through."""
        if not may_be_interrupted():
            self._lock.release()
