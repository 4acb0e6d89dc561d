"""Where a migration stands, as lines for people; and of several ones a table."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from migrate.wording import moment, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.events import HistoryRead, StatusRead
    from migrate.history import Past

WIDTH: Final = 150
"""Columns that a row may take: a terminal that has fewer folds it, and nothing is cut."""


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


def history(read: HistoryRead) -> Iterator[str]:
    """Given migrations, return the lines of their table."""
    console = Console(file=StringIO(), width=WIDTH, color_system=None)
    with console.capture() as drawn:
        console.print(_table(read))
    yield from (text.rstrip() for text in drawn.get().splitlines())


def _table(read: HistoryRead) -> Table:
    drawn = Table(box=None, pad_edge=False)
    for name in ("begun (UTC)", "app", "from", "to", "strategy", "outcome", "eager", "migration"):
        drawn.add_column(name, justify="right" if name == "eager" else "left", no_wrap=True)
    for past in read.migrations:
        drawn.add_row(
            f"{datetime.fromisoformat(past.begun):%Y-%m-%d %H:%M}",
            past.app,
            past.from_plan.partition(":")[2],
            past.to_plan.partition(":")[2],
            past.strategy,
            past.outcome + (f" ({past.code})" if past.code else ""),
            _eager(past),
            past.migration,
        )
    return drawn


def _eager(past: Past) -> str:
    if past.eager_seconds is None:
        return "still" if past.eager else "-"
    return f"{past.eager_seconds:.1f} s"


def _since(then: str, now: datetime) -> str:
    return f" since {moment(datetime.fromisoformat(then), now)}, {_ago(then, now)}" if then else ""


def _ago(then: str, now: datetime) -> str:
    return f"{span(max(0.0, (now - datetime.fromisoformat(then)).total_seconds()))} ago"
