"""A table as lines of text, as wide as it must be up to a limit; what is longer is folded, and nothing is cut."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

WIDTH: Final = 110
"""Columns that a row may take: a terminal that has fewer folds it."""


def drawn(table: Table) -> Iterator[str]:
    """Given a table, return its lines, without colours."""
    console = Console(file=StringIO(), width=WIDTH, color_system=None)
    with console.capture() as captured:
        console.print(table)
    yield from (line.rstrip() for line in captured.get().splitlines())
