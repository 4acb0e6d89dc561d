"""What the calls are called that move the app's names, and how often one has come to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrate.migration import Migration
    from migrate.store.journal import Journal


def effect_of(migration: Migration, prefix: str, name: str, attempt: int = 0) -> str:
    """Given ``reattach`` or ``reattach-back``, a name and how often that failed, return the effect that moves it."""
    effect = prefix if name == migration.attachments[0] else f"{prefix}-{name}"
    return f"{effect}:{attempt + 1}" if attempt else effect


def failures_of(journal: Journal, prefix: str, name: str) -> int:
    """Return how often a name has come into no live release though it was moved."""
    return int((journal.noted(_failed(prefix, name)) or {"times": 0})["times"])


def note_failures(journal: Journal, prefix: str, name: str, times: int) -> None:
    """Write down how often that is so."""
    journal.note(_failed(prefix, name), {"times": times})


def _failed(prefix: str, name: str) -> str:
    return f"not-moved:{prefix}:{name}"
