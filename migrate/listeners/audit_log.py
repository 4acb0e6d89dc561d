"""Who did what, when, to which app: a line for each event that somebody may be asked about."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final, Protocol

from migrate.events import ApiCalled, MigrationStarted, Previewed, StepWaiting
from migrate.secrets import redact_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.clock import Clock
    from migrate.events import Event

VERSION: Final = 1


class Lines(Protocol):
    """What lines are appended to."""

    def append(self, line: str) -> None:
        """Write a line; raises OSError."""

    def close(self) -> None:
        """Give it back."""


class AuditLog:
    """Appends a line for every event but looks and reads, each on the disk before the run goes on.

    A write that fails is said once, and the run goes on: to stop in the middle would leave the app half moved.
    """

    def __init__(self, lines: Lines, clock: Clock, who: str, say: Callable[[str], None]) -> None:
        self._lines, self._clock, self._say = lines, clock, say
        self._who, _, self._host = who.rpartition("@")
        self._said = False
        self._app = ""

    def hear(self, event: Event, migration: str) -> None:
        """Write one line; never raises."""
        if isinstance(event, MigrationStarted | Previewed):
            self._app = event.app
        if isinstance(event, StepWaiting) or (isinstance(event, ApiCalled) and event.is_read):
            return
        try:
            self._lines.append(json.dumps(self._line(event, migration)))
        except OSError as error:
            if not self._said:
                self._said = True
                self._say(f"The audit log has a gap from here on ({error.strerror}). The migration goes on.")

    def close(self) -> None:
        """Give the file back."""
        self._lines.close()

    def _line(self, event: Event, migration: str) -> dict[str, object]:
        body = event.to_json(at=self._clock.now(), migration=migration)
        head = {name: body.pop(name) for name in ("v", "type", "time", "migration")}
        by = {"app": self._app, "who": self._who, "host": self._host, "pid": os.getpid()}
        about = {name: body.pop(name, "") for name in ("step", "effect", "request_id")}
        line: dict[str, object] = redact_json({**head, "v": VERSION, **by, **about, "event": body})
        return line
