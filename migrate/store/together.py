"""What threads of one process write at the same time is written in one transaction: a commit waits for the disk.

On a disk that takes its time a hundred apps would wait for each other's commits longer than for Heroku, and some of
them in eager mode; so they would for the few connections that a process has to a PostgreSQL.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from migrate.errors import AppHeld, MigrateError, StoreUnusable
from migrate.store.turns import may_be_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


@dataclass
class _Piece(Generic[T]):
    content: T
    trouble: MigrateError | None = None
    is_settled: bool = False
    called: threading.Event = field(default_factory=threading.Event)
    """Set when it is settled, or its thread is the one to write."""


@dataclass
class Together(Generic[T]):
    """Writes pieces: those that come while others are written are written together after them.

    A thread that may be interrupted writes for itself: it would leave those behind that wait for it.
    """

    write_all: Callable[[Sequence[T]], None]
    """Writes pieces, all or none; when it returns they have reached the disk."""
    _waiting: list[_Piece[T]] = field(default_factory=list)
    _writing: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """Held for as long as these two are looked at or changed."""

    def write(self, content: T) -> None:
        """Return when it has reached the disk; raises what writing it raises, StoreUnusable where that is unknown."""
        if may_be_interrupted():
            self.write_all([content])
            return
        piece = _Piece(content)
        with self._lock:
            self._waiting.append(piece)
            first, self._writing = not self._writing, True
        if not first:
            piece.called.wait()
        if not piece.is_settled:
            self._write_waiting()
        if piece.trouble is not None:
            raise piece.trouble

    def _write_waiting(self) -> None:
        with self._lock:
            pieces, self._waiting = self._waiting, []
        try:
            self._settle(pieces)
        finally:
            # Whatever broke it off: who has heard nothing does not take it for written.
            silent = [piece for piece in pieces if not piece.is_settled]
            _tell(silent, StoreUnusable("It is not known whether the store was written.", why="Writing broke off."))
            with self._lock:
                heir = self._waiting[0] if self._waiting else None
                self._writing = heir is not None
            for piece in (*pieces, *([heir] if heir else [])):
                piece.called.set()

    def _settle(self, pieces: Sequence[_Piece[T]]) -> None:
        try:
            self.write_all([piece.content for piece in pieces])
        except AppHeld as held:
            # One of them may not be written, and none was: each is told for itself.
            if len(pieces) > 1:
                for piece in pieces:
                    self._settle([piece])
                return
            _tell(pieces, held)
        except MigrateError as error:
            _tell(pieces, error)
        else:
            _tell(pieces, None)


def _tell(pieces: Sequence[_Piece[T]], trouble: MigrateError | None) -> None:
    for piece in pieces:
        piece.trouble, piece.is_settled = trouble, True
