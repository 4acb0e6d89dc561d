"""The journal of one migration: appended to, and folded into what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.store.store import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from migrate.clock import Clock
    from migrate.store.store import Store

INTENT, OUTCOME, STEP_DONE, NOTE, STOPPED = "intent", "outcome", "step-done", "note", "stopped"


class Journal:
    """What a migration set out to do, what came of it, and which steps are done."""

    def __init__(self, store: Store, migration: str, clock: Clock) -> None:
        self._store = store
        self._migration = migration
        self._clock = clock
        self._entries = list(store.entries(migration))

    @property
    def changed_anything(self) -> bool:
        """Whether a call that changes the app may have been sent."""
        return any(entry.kind == INTENT for entry in self._entries)

    def intend(self, effect: str, body: Mapping[str, Any]) -> None:
        """Write down that a call is about to be sent."""
        self._append(INTENT, effect, body)

    def intent(self, effect: str) -> Mapping[str, Any] | None:
        """Return what was intended, or None when the call was never about to be sent."""
        return self._last(INTENT, effect)

    def conclude(self, effect: str, body: Mapping[str, Any]) -> None:
        """Write down that a call had its effect, and what came of it."""
        self._append(OUTCOME, effect, body)

    def outcome(self, effect: str) -> Mapping[str, Any] | None:
        """Return what came of a call, or None when that is not known."""
        return self._last(OUTCOME, effect)

    def note(self, name: str, body: Mapping[str, Any]) -> None:
        """Write down something that a later step or another process needs."""
        self._append(NOTE, name, body)

    def noted(self, name: str) -> Mapping[str, Any] | None:
        """Return the newest note of that name."""
        return self._last(NOTE, name)

    def step_done(self, step: str) -> None:
        """Write down that a step is done and proven."""
        self._append(STEP_DONE, step, {})

    def is_done(self, step: str) -> bool:
        """Whether a step is done and proven."""
        return self._last(STEP_DONE, step) is not None

    def done_at(self, step: str) -> datetime | None:
        """Return when a step was done."""
        return next((e.at for e in reversed(self._entries) if e.kind == STEP_DONE and e.name == step), None)

    def stopped(self, code: str, body: Mapping[str, Any]) -> None:
        """Write down why the process ended."""
        self._append(STOPPED, code, body)

    def last_stop(self) -> Mapping[str, Any] | None:
        """Return why the last process ended, if it could say."""
        return next((entry.body for entry in reversed(self._entries) if entry.kind == STOPPED), None)

    def _last(self, kind: str, name: str) -> Mapping[str, Any] | None:
        return next((e.body for e in reversed(self._entries) if e.kind == kind and e.name == name), None)

    def _append(self, kind: str, name: str, body: Mapping[str, Any]) -> None:
        entry = Entry(self._clock.now(), kind, name, body)
        self._store.append(self._migration, len(self._entries), entry)
        self._entries.append(entry)
