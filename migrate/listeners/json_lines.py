"""One event a line, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

from migrate.events import ApiCalled
from migrate.secrets import redact_json

if TYPE_CHECKING:
    from migrate.clock import Clock
    from migrate.events import Event


class JsonLines:
    """Writes each event as one JSON object, flushed at once; of calls to Heroku only those that write."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    def hear(self, event: Event, migration: str) -> None:
        """Write one line."""
        if isinstance(event, ApiCalled) and event.is_read:
            return
        line = redact_json(event.to_json(at=self._clock.now(), migration=migration))
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing to leave."""
