"""What a signal asks for: the end of the process, at once or once the call at hand has its answer on disk."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from migrate.results import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migrate.exits import Exit


class Interruption:
    """Raises Stopped where it may: between calls on the first request, anywhere on the second."""

    def __init__(self, on_delay: Callable[[Exit], None] = lambda _exit: None) -> None:
        self._on_delay = on_delay
        self._asked: Exit | None = None
        self._shields = 0

    def ask(self, exit_status: Exit) -> None:
        """End the process with that status; called by signal handlers and by a listener whose reader has gone."""
        if self._shields and self._asked is None:
            self._asked = exit_status
            self._on_delay(exit_status)
            return
        self._asked = exit_status
        raise Stopped(exit_status)

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Let a first request wait until the block has ended, whichever way."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
            if self._asked is not None and not self._shields:
                raise Stopped(self._asked)
