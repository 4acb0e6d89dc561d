"""Migrations that the store knows, as a table for people."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.events import HistoryRead
    from migrate.history import Past

WIDTH: Final = 150
"""Columns that a row may take: a terminal that has fewer folds it, and nothing is cut."""


def lines(read: HistoryRead) -> Iterator[str]:
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
