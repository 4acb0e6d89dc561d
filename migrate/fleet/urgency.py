"""Whose calls come first: an app whose tasks run inside their callers, or that has no broker. A pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.events import EffectRequested, MigrationStarted, StepDone

if TYPE_CHECKING:
    from migrate.events import Event

_BEGINS: Final = frozenset({"eager-on", "remove"})
_ENDS: Final = frozenset({"eager-off", "eager-back"})


def urgent(event: Event, before: bool) -> bool:  # noqa: FBT001 -- what it was, and what it is now
    """Given what happened in a migration and whether it was urgent before, return whether it is now."""
    if isinstance(event, MigrationStarted):
        return event.eager_since is not None
    if isinstance(event, EffectRequested) and event.effect in _BEGINS:
        return True
    if isinstance(event, StepDone) and event.step in _ENDS:
        return False
    return before
