"""On the way back: takes the worker dynos to 0, so that the releases in a row find none at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.steps.workers_down import WorkersDown

if TYPE_CHECKING:
    from migrate.migration import Migration


class WorkersDownBack(WorkersDown):
    """The same as on the way there, from wherever the workers are."""

    name = "workers-down-back"
    title = "Scale the worker dynos to 0 for the way back"
    proves = ()

    def belongs(self, migration: Migration) -> bool:  # noqa: ARG002 -- whoever drains
        """Return True: releases follow each other."""
        return True
