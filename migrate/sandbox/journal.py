"""What happened when, as JSON lines: releases, dynos, add-ons, and requests in a file of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from migrate.sandbox import clock

if TYPE_CHECKING:
    from pathlib import Path


class Journal:
    """Appends to `events.jsonl` and `requests.jsonl`; never a config value or a URL."""

    def __init__(self, directory: Path) -> None:
        self._events = directory / "events.jsonl"
        self._requests = directory / "requests.jsonl"

    def event(self, what: str, /, **details: Any) -> None:
        """Write `{"time": seconds since 1970, "event": what, ...}`."""
        _append(self._events, {"time": clock.now().timestamp(), "event": what, **details})

    def request(self, method: str, path: str, status: int) -> None:
        """Write one answered request of the Platform API."""
        line = {"time": clock.now().timestamp(), "method": method, "path": path, "status": status}
        _append(self._requests, line)


def _append(path: Path, document: dict[str, Any]) -> None:
    with path.open("a") as stream:
        stream.write(json.dumps(document) + "\n")
