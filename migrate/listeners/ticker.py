"""Calls something now and then beside whatever else the process does, which may be a wait without an event."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Ticker:
    """Begins and ends as often as it is told to."""

    def __init__(self, call: Callable[[], None], seconds: float) -> None:
        self._call, self._seconds = call, seconds
        self._ended: threading.Event | None = None

    def start(self) -> None:
        """Call from now on, in a thread of its own that does not keep the process from ending."""
        self.stop()
        self._ended = threading.Event()
        threading.Thread(target=self._tick, args=(self._ended,), daemon=True).start()

    def stop(self) -> None:
        """Begin no further call; one that is under way may end later."""
        if self._ended is not None:
            self._ended.set()
            self._ended = None

    def _tick(self, ended: threading.Event) -> None:
        while not ended.wait(self._seconds):
            try:
                self._call()
            except OSError:
                # The terminal has gone; the next event finds that out where it can be told.
                return
