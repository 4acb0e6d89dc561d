"""An app's connections as people see them: the verdict, a table by process type, and how its numbers come about."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.advice.connection_rows import ConnectionRow
    from migrate.events import ConnectionsCounted

WIDTH: Final = 110
_NUMBERS: Final = ("dynos", "formula", "estimate", "in a release", "open now")


def lines(counted: ConnectionsCounted) -> Iterator[str]:
    """Given what was counted, return the lines: the verdict first."""
    yield f"{counted.verdict}: {counted.why}"
    limit = f"{counted.limit:,}" if counted.limit is not None else "unknown"
    asked = f", if {counted.what_if}" if counted.what_if else ""
    yield f"{counted.app} on {counted.plan}{asked}; limit: {limit} ({counted.limit_source})"
    yield ""
    console = Console(file=StringIO(), width=WIDTH, color_system=None)
    with console.capture() as drawn:
        console.print(_table(counted))
    yield from (line.rstrip() for line in drawn.get().splitlines())
    yield ""
    for row in counted.rows:
        if row.dynos:
            yield f"{row.process_type}, each dyno: {_terms(row)}"
    if counted.unplaced:
        yield f"Open now: of {counted.open}, {counted.unplaced} may belong to any process type."
    for fix in counted.fixes:
        yield f"{fix[:1].upper()}{fix[1:]}."


def _table(counted: ConnectionsCounted) -> Table:
    drawn = Table(box=None, pad_edge=False)
    for name in ("process type", "runs", *_NUMBERS):
        drawn.add_column(name, justify="right" if name in _NUMBERS else "left", no_wrap=True)
    for row in counted.rows:
        least = ">= " if row.unknown else ""
        figures = (f"{least}{row.estimate}", f"{least}{row.in_a_release}", _number(row.open))
        drawn.add_row(row.process_type, row.kind, str(row.dynos), _number(row.formula), *figures)
    if counted.unexplained:
        drawn.add_row("others", "open, by nobody named here", "", "", *[str(counted.unexplained)] * 2, "")
    drawn.add_row("migrate-plan", "asks and carries", "", "", *[str(counted.own)] * 2, "")
    least = ">= " if counted.lower_bound else ""
    sums = (f"{least}{counted.estimate}", f"{least}{counted.in_a_release}", _number(counted.open))
    drawn.add_row("in all", "", "", _number(counted.formula), *sums)
    return drawn


def _terms(row: ConnectionRow) -> str:
    told = " + ".join(f"{term.count} ({term.what})" for term in row.terms) or "none that stays open"
    return f"{told}; {'; '.join(row.unknown)}" if row.unknown else told


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"
