"""Takes the worker dynos to 0: so that none drains in eager mode, or that releases in a row find none at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.formation import scale, wait_until_down, workers_down
from migrate.migration import BESIDE
from migrate.preview import Preview
from migrate.steps.step import BEGINNINGS, Step
from migrate.wording import counted
from migrate.workers.quiet import restore
from migrate.workers.workforce import DOWN, this_time, typed

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class WorkersDown(Step):
    """One PATCH of the formation, while no worker runs a task."""

    name = "workers-down"
    title = "Scale the worker dynos to 0"
    proves = BEGINNINGS

    def belongs(self, migration: Migration) -> bool:
        """Where others than the workers drain, and where several releases follow each other."""
        return migration.drain_by == "dynos" or migration.strategy in BESIDE

    def preview(self, facts: Facts) -> Preview:
        """Return which dynos go."""
        there = {name: count for name, count in facts.worker_dynos.items() if count}
        return Preview(
            step=self.name,
            title=self.title,
            observed=", ".join(f"{name}={count}" for name, count in there.items()) or "no worker dynos",
            intended="none of them for a while; tasks wait in their queues",
            command=typed(facts.app.name, dict.fromkeys(there, 0)),
            undo=typed(facts.app.name, there),
            restarts=f"ends {counted(sum(there.values()), 'dyno')}",
            duration="5 to 30 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one PATCH."""
        return (workers_down(run.journal),)

    def do(self, run: Run) -> None:
        """Scale once, however often this is called."""
        scale(run, workers_down(run.journal))

    def stopped(self, run: Run) -> None:
        """Put the consumers back unless the dynos may be on their way out."""
        if run.journal.intent(this_time(DOWN, run.journal)) is None:
            restore(run)

    def verify(self, run: Run) -> None:
        """Wait until the dynos are gone and their workers silent."""
        wait_until_down(run)
