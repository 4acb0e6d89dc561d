"""The journal of one migration: appended to, and folded into what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.store.records import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from migrate.clock import Clock
    from migrate.store.records import Lines

INTENT, OUTCOME, RETRACTION = "intent", "outcome", "retraction"
_CONSUMERS = "consumers"
STEP_DONE, NOTE, STOPPED = "step-done", "note", "stopped"


class Journal:
    """What a migration set out to do, what came of it, and which steps are done."""

    def __init__(self, store: Lines, migration: str, clock: Clock) -> None:
        self._store = store
        self._migration = migration
        self._clock = clock
        self._entries: list[Entry] = []
        self._newest: dict[tuple[str, str], Entry] = {}
        """By kind and name, without the intents and outcomes that were retracted."""
        for entry in store.entries(migration):
            self._take(entry)

    @property
    def changed_anything(self) -> bool:
        """Whether a call that changes the app may have been sent and not refused, or workers are kept off queues."""
        return bool(self.consumers_off) or self.sent_anything

    @property
    def sent_anything(self) -> bool:
        """Whether a call that changes the app may have been sent and not refused."""
        failed = any(entry.kind == RETRACTION and entry.body["happened"] for entry in self._entries)
        return failed or any(kind == INTENT for kind, _name in self._newest)

    @property
    def consumers_off(self) -> Mapping[str, Sequence[str]]:
        """The queues that each worker was taken off, and not put back on since."""
        noted = self._last(NOTE, _CONSUMERS)
        return noted["nodes"] if noted else {}

    def take_off(self, consumers: Mapping[str, Sequence[str]]) -> None:
        """Write down that workers are about to be taken off queues, further to those that are."""
        off = self.consumers_off
        every = {name: sorted({*off.get(name, ()), *queues}) for name, queues in consumers.items()}
        self._append(NOTE, _CONSUMERS, {"nodes": {**off, **every}})

    def put_back(self) -> None:
        """Write down that every worker that is still there is back on its queues."""
        if self.consumers_off:
            self._append(NOTE, _CONSUMERS, {"nodes": {}})

    def intend(self, effect: str, body: Mapping[str, Any]) -> None:
        """Write down that a call is about to be sent."""
        self._append(INTENT, effect, body)

    def intent(self, effect: str) -> Mapping[str, Any] | None:
        """Return what was intended, or None when the call was never about to be sent."""
        return self._last(INTENT, effect)

    def intended_at(self, effect: str) -> datetime | None:
        """Return when a call was about to be sent."""
        return self._last_at(INTENT, effect)

    def retract(self, effect: str, *, happened: bool) -> None:
        """Write down that a call had no effect (``happened`` False), or one that has come to nothing since.

        From here on it is as if it had never been intended, so that it can be made again.
        """
        self._append(RETRACTION, effect, {"happened": happened})

    def failures(self, effect: str) -> int:
        """Return how often a call had its effect and that came to nothing."""
        mine = [entry for entry in self._entries if entry.kind == RETRACTION and entry.name == effect]
        return sum(bool(entry.body["happened"]) for entry in mine)

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

    def noted_at(self, name: str) -> datetime | None:
        """Return when the newest note of that name was written."""
        return self._last_at(NOTE, name)

    def step_done(self, step: str) -> None:
        """Write down that a step is done and proven."""
        self._append(STEP_DONE, step, {})

    def is_done(self, step: str) -> bool:
        """Whether a step is done and proven."""
        return self._last(STEP_DONE, step) is not None

    def stopped(self, code: str, body: Mapping[str, Any]) -> None:
        """Write down why the process ended."""
        self._append(STOPPED, code, body)

    def last_stop(self) -> Mapping[str, Any] | None:
        """Return why the last process ended, if it could say."""
        return next((entry.body for entry in reversed(self._entries) if entry.kind == STOPPED), None)

    def last_stop_code(self) -> str | None:
        """Return the code under which the last process ended, if it could say."""
        return next((entry.name for entry in reversed(self._entries) if entry.kind == STOPPED), None)

    def last_line_at(self) -> datetime | None:
        """Return when the newest line was written."""
        return self._entries[-1].at if self._entries else None

    def _last(self, kind: str, name: str) -> Mapping[str, Any] | None:
        found = self._newest.get((kind, name))
        return found.body if found else None

    def _last_at(self, kind: str, name: str) -> datetime | None:
        found = self._newest.get((kind, name))
        return found.at if found else None

    def _append(self, kind: str, name: str, body: Mapping[str, Any]) -> None:
        entry = Entry(self._clock.now(), kind, name, body)
        self._store.append(self._migration, len(self._entries), entry)
        self._take(entry)

    def _take(self, entry: Entry) -> None:
        self._entries.append(entry)
        if entry.kind == RETRACTION:
            for kind in (INTENT, OUTCOME):
                self._newest.pop((kind, entry.name), None)
        self._newest[entry.kind, entry.name] = entry
