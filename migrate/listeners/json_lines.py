"""One event a line, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from migrate.secrets import redact

if TYPE_CHECKING:
    from migrate.clock import Clock
    from migrate.events import Event


class JsonLines:
    """Writes each event as one JSON object, flushed at once."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    def hear(self, event: Event, migration: str) -> None:
        """Write one line."""
        line = _redacted(event.to_json(at=self._clock.now(), migration=migration))
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing to leave."""


def _redacted(value: Any) -> Any:
    # Before json.dumps, whose escapes would hide a secret from the search.
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item) for item in value]
    return value
