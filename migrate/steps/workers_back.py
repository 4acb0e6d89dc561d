"""Puts the worker dynos back that stayed away while releases followed each other, so that they drain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.formation import scale, workers_up
from migrate.preview import Preview
from migrate.steps.workers_up import WorkersUp
from migrate.workers import workforce

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class WorkersBack(WorkersUp):
    """One PATCH of the formation, before the drain; where dynos drain in their place the workers stay away."""

    name = "workers-back"
    title = "Scale the worker dynos up again"

    def belongs(self, migration: Migration) -> bool:
        """Only where the workers themselves drain."""
        return migration.drain_by == "workers"

    def preview(self, facts: Facts) -> Preview:
        """Return which dynos come back."""
        dynos = ", ".join(f"{name}={count}" for name, count in facts.worker_dynos.items()) or "no worker dynos"
        return Preview(
            step=self.name,
            title=self.title,
            observed="none of them by then",
            intended=f"{dynos}, which take from the old broker what is left in it",
            command=workforce.typed(facts.app.name, facts.worker_dynos) if facts.worker_dynos else "",
            undo="nothing to undo",
            restarts="",
            duration="10 to 60 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one PATCH, where they are away."""
        return (workers_up(run.journal),) if workforce.are_down(run.journal) else ()

    def do(self, run: Run) -> None:
        """Scale once, however often this is called."""
        if self.effects(run):
            self._say_what_others_changed(run)
            scale(run, workers_up(run.journal))
