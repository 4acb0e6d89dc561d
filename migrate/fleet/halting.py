"""How one of many migrations in a process is ended: asked by another thread, heeded in its own, where it may end."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from migrate.results import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from migrate.clock import Clock
    from migrate.exits import Exit


class Halt:
    """Asks one thread to end its migration; ``Stopped`` is raised in that thread, once for each time it was asked."""

    def __init__(self) -> None:
        self._asked: list[Exit] = []
        self._before: list[Exit] = []
        self._told_before = False
        self.by_word = False
        """Whether it was ended because its fleet was told to stop, and not by a signal to this process."""
        self._event = threading.Event()
        self._shields = 0
        self.beyond = False
        """Whether the app is past its point of no return; kept by the thread that works on it."""

    def ask(self, exit_status: Exit) -> None:
        """End it, wherever it is."""
        self._asked.append(exit_status)
        self._event.set()

    def ask_before(self, exit_status: Exit) -> None:
        """End it if it is not past its point of no return; one that is goes on to its end. Said once."""
        if not self._told_before:
            self._told_before = True
            self._before.append(exit_status)
            self._event.set()

    def heed(self) -> None:
        """Raise Stopped where that was asked for and may be; to be called between calls, in the thread at work."""
        if self._shields:
            return
        self._event.clear()
        if self._asked:
            raise Stopped(self._asked.pop(0))
        if self._before and not self.beyond:
            self.by_word = True
            raise Stopped(self._before.pop())

    def wait(self, seconds: float) -> None:
        """Return after that many seconds, sooner where the end was asked for."""
        self._event.wait(max(0.0, seconds))

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Let what was asked for wait until the block has ended, whichever way."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
            self.heed()


class HaltingClock:
    """A clock whose sleep ends when its migration is to end."""

    def __init__(self, clock: Clock, halt: Halt) -> None:
        self._clock, self._halt = clock, halt

    def now(self) -> datetime:
        """Return the wall-clock time, in UTC."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after that many seconds; raises Stopped as soon as the end is asked for."""
        self._halt.heed()
        self._halt.wait(seconds)
        self._halt.heed()
