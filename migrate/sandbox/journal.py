"""What happened when, as JSON lines: releases, dynos, add-ons; requests to API and router in files of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from migrate.sandbox import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


EVENTS = "events.jsonl"
_REQUESTS = "requests.jsonl"
ROUTED = "router.jsonl"


class Journal:
    """Appends to `events.jsonl`, `requests.jsonl` and `router.jsonl`; never a config value or a query."""

    def __init__(self, directory: Path) -> None:
        self._events = directory / EVENTS
        self._requests = directory / _REQUESTS
        self._routed = directory / ROUTED
        self._routed.touch()
        self.listeners: list[Callable[[str, dict[str, Any]], None]] = []
        """Are told of each event and of each routed request, under the name "routed"."""

    def event(self, what: str, /, **details: Any) -> None:
        """Write `{"time": seconds since 1970, "event": what, ...}`."""
        _append(self._events, {"time": clock.now().timestamp(), "event": what, **details})
        self._tell(what, details)

    def request(self, method: str, path: str, status: int) -> None:
        """Write one answered request of the Platform API."""
        line = {"time": clock.now().timestamp(), "method": method, "path": path, "status": status}
        _append(self._requests, line)

    def routed(self, begin: float, /, **details: Any) -> None:
        """Write one answered request of the router, with when it came in seconds since 1970."""
        _append(self._routed, {"time": begin, **details})
        self._tell("routed", details)

    def _tell(self, what: str, details: dict[str, Any]) -> None:
        for listener in self.listeners:
            listener(what, details)


def read(path: Path) -> list[dict[str, Any]]:
    """Given one of the journal's files, return its lines so far."""
    # A line that is being written has no end yet.
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def _append(path: Path, document: dict[str, Any]) -> None:
    with path.open("a") as stream:
        stream.write(json.dumps(document) + "\n")
