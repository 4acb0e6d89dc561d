"""The mark on the app that tells a second laptop who migrates it, when their stores know nothing of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.errors import AppHeld
from migrate.migration import MARKER

if TYPE_CHECKING:
    from migrate.run import Run


def refuse_foreign_mark(run: Run) -> None:
    """Raise AppHeld when the app carries another migration's mark."""
    mark = run.heroku.config_vars(run.app).get(MARKER, "")
    if mark and not mark.startswith(run.migration.id):
        raise AppHeld(
            f"Another migration works on {run.app}: {mark}",
            why=f"The app carries its mark in {MARKER}, and this store does not know it.",
            next="ask whoever started it; on that machine: migrate-plan status",
        )
