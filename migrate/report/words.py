"""An event in a line, for the list of all of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from migrate.report.story import Record

MOST: Final = 3000
"""So many events a page lists at most."""
_LONGEST: Final = 300
_HEAD: Final = frozenset({"v", "type", "time", "migration", "step"})
_ROUTINE: Final = frozenset({"step.waiting", "api.call"})


class Entry(Struct, frozen=True):
    """One line of the list."""

    at: datetime
    type: str
    step: str
    text: str


def entries(record: Record, most: int = MOST) -> tuple[tuple[Entry, ...], int]:
    """Given the events, return their lines, and how many were left out: looks and calls, the oldest first."""
    routine = [number for number, item in enumerate(record) if item.type in _ROUTINE]
    dropped = set(routine[: max(0, len(record) - most)])
    kept = [item for number, item in enumerate(record) if number not in dropped]
    kept = kept[max(0, len(kept) - most) :]
    lines = (Entry(i.at, i.type, str(i.body.get("step") or ""), words(i.type, i.body)) for i in kept)
    return tuple(lines), len(record) - len(kept)


def words(kind: str, body: Mapping[str, Any]) -> str:
    """Given an event, return what it says in a line; of a kind that has no words of its own, its fields."""
    try:
        text = _WORDS[kind](body)
    except (KeyError, TypeError, ValueError):
        # A kind without words, or of a version that lacks a field.
        own = {name: value for name, value in body.items() if name not in _HEAD}
        text = json.dumps(own, ensure_ascii=False, default=str)
    text = str(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _called(body: Mapping[str, Any]) -> str:
    answer = "no answer" if body["status"] is None else body["status"]
    return f"{body['method']} {body['path']}: {answer}{' ' + body['error'] if body['error'] else ''}"


_WORDS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "preview": lambda body: (
        f"{body['app']}: {body['from_plan']} to {body['to_plan']}, {len(body['findings'])} findings"
    ),
    "migration.started": lambda body: (
        f"{body['from_plan']} to {body['to_plan']}, {body['strategy']}"
        + (", going back" if body.get("back") else ", resumed" if body.get("resumed") else "")
    ),
    "step.started": lambda body: body["title"],
    "step.waiting": lambda body: body["reason"],
    "step.noted": lambda body: body["text"],
    "step.done": lambda body: f"done in {body['seconds']:.1f} s",
    "step.skipped": lambda _body: "done by an earlier process",
    "effect.requested": lambda body: f"{body['effect']} is sent",
    "effect.confirmed": lambda body: f"{body['effect']} is confirmed{', found by asking' if body['settled'] else ''}",
    "api.call": _called,
    "release.live": lambda body: f"v{body['version']} is live",
    "dynos.live": lambda body: f"all {body['dynos']} dynos run v{body['version']}",
    "gate.closed": lambda body: f"waits for: {body['opens']}",
    "gate.opened": lambda body: f"opened by {body['who']} after {body['seconds']:.0f} s",
    "messages.moved": lambda body: f"{body['messages']} messages of {body['queue']} to the {body['to']}",
    "record.incomplete": lambda body: f"{body['missing']} events are missing here: {body['why']}",
    "result": lambda body: f"{body['code']} (exit {body['exit']}): {body['what']}",
}
