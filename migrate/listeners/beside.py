"""Work that is done beside the run, one piece after the other, and that never keeps it waiting for long."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Beside(Generic[T]):
    """Hands pieces to a function in a thread of its own; what is too much is let go, the oldest first."""

    def __init__(self, name: str, work: Callable[[T], str], most: int) -> None:
        """Given a name, a function that returns what went wrong, and how many pieces may wait."""
        self._work, self._most = work, most
        self.trouble = ""
        """The first thing that went wrong."""
        self._waiting: deque[T] = deque()
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._go, name=name, daemon=True)
        self._started = False

    def put(self, piece: T) -> None:
        """Have one more piece worked on."""
        with self._changed:
            if not self._started:
                self._started = True
                self._thread.start()
            if len(self._waiting) >= self._most:
                self._waiting.popleft()
                self.trouble = self.trouble or "it is too slow, and does not get everything"
            self._waiting.append(piece)
            self._changed.notify()

    def close(self, seconds: float) -> None:
        """Let what waits be worked on for so long at most."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._started:
            self._thread.join(seconds)
            if self._thread.is_alive():
                self.trouble = self.trouble or f"it did not take everything within {seconds:.0f} s of the end"
        with self._changed:
            self._waiting.clear()

    def _go(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                if not self._waiting:
                    return
                piece = self._waiting.popleft()
            try:
                trouble = self._work(piece)
            except Exception as error:  # noqa: BLE001 -- whatever it is, the run goes on
                trouble = type(error).__name__
            self.trouble = self.trouble or trouble
