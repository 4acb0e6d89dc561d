"""Where a migration stands, as lines for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from migrate.wording import moment, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.events import StatusRead


def lines(read: StatusRead, now: datetime) -> Iterator[str]:
    """Given what the store knows and the present time, return its lines."""
    yield f"{read.app}: {read.from_plan} to {read.to_plan}, {read.phase}, begun {read.since}"
    for step, done in read.steps.items():
        yield f"  {'done' if done else 'open':<5} {step}"
    if read.step:
        yield f"  at {read.step}{_since(read.step_since, now)}"
    if read.waiting:
        yield f"  waiting: {read.waiting} (seen {_ago(read.waiting_seen, now)})"
    if read.eager_since:
        yield f"  eager{_since(read.eager_since, now)}"
    yield f"  held by {read.holder}" if read.holder else "  no process works on it now"


def change(read: StatusRead) -> tuple[object, ...]:
    """Given what the store knows, return what makes it worth another line where nothing is redrawn."""
    waiting = "".join(letter for letter in read.waiting if not letter.isdigit())
    return read.phase, read.holder, read.step, tuple(read.steps.items()), waiting, read.eager_since


def line(read: StatusRead) -> str:
    """Given what the store knows, return it in one line."""
    done = f"{sum(read.steps.values())} of {len(read.steps)} steps done"
    at = f", at {read.step}" if read.step else ""
    waiting = f": {read.waiting}" if read.waiting else ""
    return f"{read.app}: {read.phase}, {done}{at}{waiting}{'' if read.holder else '; no process works on it now'}"


def _since(then: str, now: datetime) -> str:
    return f" since {moment(datetime.fromisoformat(then), now)}, {_ago(then, now)}" if then else ""


def _ago(then: str, now: datetime) -> str:
    return f"{span(max(0.0, (now - datetime.fromisoformat(then)).total_seconds()))} ago"
