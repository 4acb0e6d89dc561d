"""What Heroku's platform and router write into the log of an app when something happens to it.

Wording: https://devcenter.heroku.com/articles/logging#runtime-logs, https://devcenter.heroku.com/articles/http-routing
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Details = dict[str, Any]
Said = tuple[str, str, str]
"""Source, process, text."""


def lines_of(event: str, details: Details) -> list[Said]:
    """Given an event of the journal, return the lines that it makes in the log of its app."""
    return _LINES[event](details) if event in _LINES else []


def _release(details: Details) -> list[Said]:
    if details["status"] == "pending":
        return []
    said = f"{details['description']} by user {details['user']}"
    created = f"Release v{details['version']} created by user {details['user']}"
    failed = f"Release v{details['version']} {details['status']}"
    return [("app", "api", said), ("app", "api", created if details["status"] == "succeeded" else failed)]


def _state(details: Details, old: str, new: str) -> list[Said]:
    return [("heroku", details["dyno"], f"State changed from {old} to {new}")]


def _ended(details: Details) -> list[Said]:
    return [("heroku", details["dyno"], f"Process exited with status {_status(details['exit_code'])}")]


def _status(exit_code: int) -> int:
    """Return an exit code as a shell has it: 143 for SIGTERM."""
    return 128 - exit_code if exit_code < 0 else exit_code


def _routed(details: Details) -> list[Said]:
    words = {
        "at": "error" if details["code"] else "info",
        "code": details["code"],
        "method": details["method"],
        "path": f'"{details["path"]}"',
        "dyno": details["dyno"],
        "service": f"{round(details['seconds'] * 1000)}ms",
        "status": details["status"],
        "protocol": "http",
    }
    return [("heroku", "router", " ".join(f"{name}={value}" for name, value in words.items() if value != ""))]


_LINES: dict[str, Callable[[Details], list[Said]]] = {
    "release": _release,
    "dyno up": lambda details: _state(details, "starting", "up"),
    "dyno crashed": lambda details: _state(details, details["was"], "crashed"),
    "dyno stopping": lambda details: [("heroku", details["dyno"], "Stopping all processes with SIGTERM")],
    "dyno ended": _ended,
    "routed": _routed,
}
