"""Writes the events of a migration to the store, beside the run and never in its way.

A thread of its own writes: a disk that is full or slow, or a database that has gone, costs the run nothing but
events in its record. That is said once. What a migration goes on from is the journal, which has its own way.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Protocol

from migrate.events import RecordIncomplete, StepWaiting
from migrate.sampling import Heard, Sampler
from migrate.secrets import redact, redact_json
from migrate.store.records import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from migrate.clock import Clock
    from migrate.events import Event

CLOSING_SECONDS: Final = 3.0
"""How long the end of a command waits for the last events to be written."""
PAUSE_SECONDS: Final = 10.0
"""After a write that failed."""
BREATH_SECONDS: Final = 0.3
"""After one that went well, or as long as it took: SQLite has one writer at a time, and no queue of those who wait.

They look every 0.1 s, and the journal for 10 s at most: on a slow disk it would find the lock taken each time.
https://sqlite.org/c3ref/busy_timeout.html
"""
WAITING: Final = 2000
"""So many events are kept in memory while they cannot be written."""
QUEUES: Final = 10
"""So many are kept of each look, those with most messages; ``messages`` counts all."""
_BATCH: Final = 200


class Log(Protocol):
    """What events are written to: the store's event log."""

    def append(self, migration: str, lines: Sequence[Line], /) -> None:
        """Write events; may raise anything, and take its time."""


class Recorder:
    """Hears every event; what comes before a migration has its id is kept until it has, and forgotten otherwise."""

    def __init__(self, log: Log, clock: Clock, say: Callable[[str], None]) -> None:
        self._log = log
        self._clock = clock
        self._say = say
        self._said = False
        self._sampler = Sampler()
        self._early: list[Heard] = []
        self._writer: _Writer | None = None

    def hear(self, event: Event, migration: str) -> None:
        """Keep one event; never raises, and never waits for the database."""
        heard = self._sampler.sift(Heard(event, self._clock.now(), self._clock.monotonic()))
        if not migration:
            self._early += heard
            return
        if self._writer is None:
            self._writer = _Writer(self._log, migration, self._clock)
        for item in (*self._early, *heard):
            self._writer.put(_line(item, migration))
        self._early.clear()
        self._complain(self._writer.trouble)

    def close(self) -> None:
        """Wait a moment for what is not written yet."""
        if self._writer is not None:
            self._complain(self._writer.close())
            self._writer = None

    def _complain(self, trouble: str) -> None:
        if trouble and not self._said:
            self._said = True
            self._say(f"The record of events is not written: {trouble} The migration does not need it, and goes on.")


class _Writer:
    """Writes what it is given, in order, as long as it can."""

    def __init__(self, log: Log, migration: str, clock: Clock) -> None:
        self._log, self._migration, self._clock = log, migration, clock
        self.trouble = ""
        """Why the last write failed, or events were let go; stays when it went well again."""
        self._lines: list[Line] = []
        self._missing = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="record", daemon=True)
        self._thread.start()

    def put(self, line: Line) -> None:
        with self._changed:
            self._own_up()
            if len(self._lines) >= WAITING:
                self._missing += 1
                return
            self._lines.append(line)
            self._changed.notify()

    def close(self) -> str:
        """End once all is written, a write has failed, or time is up; return the trouble, empty for none."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(CLOSING_SECONDS)
        if self._lines and not self.trouble:
            self.trouble = "the store did not take the last events in time."
        return self.trouble

    def _work(self) -> None:
        while batch := self._next():
            began = self._clock.monotonic()
            try:
                self._log.append(self._migration, batch)
            except Exception as error:  # noqa: BLE001 -- whatever it is, the run goes on without its record
                self.trouble = redact(f"{getattr(error, 'what', type(error).__name__)} {getattr(error, 'why', '')}")
                if self._pause():
                    return
            else:
                with self._changed:
                    del self._lines[: len(batch)]
                    took = self._clock.monotonic() - began
                    self._changed.wait_for(lambda: self._closing, max(BREATH_SECONDS, took))

    def _next(self) -> list[Line]:
        """Return what to write next; empty at the end."""
        with self._changed:
            while not self._lines and not self._closing:
                self._changed.wait()
            self._own_up()
            return self._lines[:_BATCH]

    def _own_up(self) -> None:
        if self._missing and len(self._lines) < WAITING:
            gap = Heard(RecordIncomplete(self._missing, self.trouble), self._clock.now(), 0.0)
            self._lines.append(_line(gap, self._migration))
            self._missing = 0

    def _pause(self) -> bool:
        """Wait before the next attempt; return whether there is none, because the command ends."""
        with self._changed:
            if not self._closing:
                self._changed.wait_for(lambda: self._closing, PAUSE_SECONDS)
                return False
            return True


def _line(heard: Heard, migration: str) -> Line:
    body = heard.event.to_json(at=heard.at, migration=migration)
    if isinstance(heard.event, StepWaiting) and "queues" in body["detail"]:
        body["detail"]["queues"] = body["detail"]["queues"][:QUEUES]
    return Line(heard.at, heard.event.type, redact_json(body))
