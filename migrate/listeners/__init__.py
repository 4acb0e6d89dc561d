"""Whoever hears events: the only code that writes to a screen or a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from migrate.events import Event


class Listener(Protocol):
    """Hears every event of a command."""

    def hear(self, event: Event, migration: str) -> None:
        """Given an event and the migration it belongs to (empty before there is one), show it."""

    def close(self) -> None:
        """Leave the screen as it should stay."""
