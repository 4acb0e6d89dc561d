"""The report on how an app uses its broker, for people: the verdict first, then a table, then what to change."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from migrate.advice.row import Verdict
from migrate.advice.summary import WORST_FIRST, tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.advice.row import Row
    from migrate.events import Advised

WIDTH: Final = 118
"""Columns that a row may take; what is longer is folded, and nothing is cut."""
_MANY_LINES: Final = "\n"


def lines(advised: Advised) -> Iterator[str]:
    """Given the report, return its lines."""
    rows = sorted(advised.rows, key=lambda row: WORST_FIRST.index(row.verdict))
    where = f"{advised.app} ({advised.add_on})" if advised.add_on else f"the checkout {advised.app}"
    yield f"{where} on {advised.plan}: {tally(rows)}."
    yield ""
    console = Console(file=StringIO(), width=WIDTH, color_system=None)
    with console.capture() as drawn:
        console.print(_table(rows))
    yield from (line.rstrip() for line in drawn.get().splitlines())
    for row in rows:
        if row.verdict not in {Verdict.OK, Verdict.UNKNOWN}:
            yield from _advice(row)


def _table(rows: list[Row]) -> Table:
    drawn = Table(box=None, pad_edge=False)
    for name in ("", "what", "found", "recommended"):
        drawn.add_column(name, overflow="fold", no_wrap=name == "")
    for row in rows:
        drawn.add_row(*map(Text, (str(row.verdict), row.subject, row.found, row.recommended)))
    return drawn


def _advice(row: Row) -> Iterator[str]:
    yield ""
    yield f"{row.verdict}: {row.code}, {row.subject}: {row.found}"
    yield f"  {row.why}"
    if row.celery == row.django:
        yield from _change("change:", row.celery)
    else:
        yield from _change("plain Celery:", row.celery)
        yield from _change("Django:", row.django)
    yield f"  see {row.source}"


def _change(title: str, text: str) -> Iterator[str]:
    if _MANY_LINES in text:
        yield f"  {title}"
        yield from (f"      {line}".rstrip() for line in text.splitlines())
    elif text:
        yield f"  {title:<13} {text}"
