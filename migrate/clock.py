"""The only place that knows what time it is and how to wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time as the program sees it; tests bring one that they move themselves."""

    def now(self) -> datetime:
        """Return the wall-clock time, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only grow, for measuring spans."""

    def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the wall-clock time, in UTC."""
        return datetime.now(tz=UTC)

    def monotonic(self) -> float:
        """Return seconds that only grow, also while NTP moves the wall clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after that many seconds; a signal handler that raises ends the wait at once."""
        time.sleep(max(0.0, seconds))
