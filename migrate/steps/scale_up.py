"""Starts worker dynos for a queue that nobody consumes, so that there is somebody to drain it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.formation import scale, scaling_up
from migrate.changes.releases import current_version, wait_for_dynos
from migrate.drain.who_drains import MAY_BE_EAGER
from migrate.errors import WorkersEager
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.wording import listed
from migrate.workers.quiet import wait_for_workers
from migrate.workers.workforce import typed

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class ScaleUp(Step):
    """One PATCH of the formation, as it was asked for; workers-up takes it back."""

    name = "scale-up"
    title = "Start worker dynos that drain"

    def belongs(self, migration: Migration) -> bool:
        """Only where it was asked for; drain dynos are started as many without it."""
        return bool(migration.scale_up) and migration.drain_by == "workers"

    def preview(self, facts: Facts) -> Preview:
        """Return which dynos are started."""
        now = {item.type: item.quantity for item in facts.formation if item.type in facts.scale_up}
        return Preview(
            step=self.name,
            title=self.title,
            observed=", ".join(f"{name}={count}" for name, count in now.items()),
            intended=", ".join(f"{name}={count}" for name, count in facts.scale_up.items())
            + ", their workers answering; put back at the end",
            command=typed(facts.app.name, facts.scale_up),
            undo=typed(facts.app.name, now),
            restarts="",
            duration="10 to 60 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one PATCH."""
        return (scaling_up(run.journal),)

    def do(self, run: Run) -> None:
        """Scale once, however often this is called."""
        scale(run, scaling_up(run.journal))

    def verify(self, run: Run) -> None:
        """Wait until the dynos are up and their workers answer, and do not promise nothing about eager mode."""
        wait_for_dynos(run, current_version(run))
        nodes = wait_for_workers(run, "The workers that were scaled up do not answer.")
        unsure = [node.name for node in nodes if not node.stays_out_of_eager_mode]
        if run.migration.is_eager and unsure and MAY_BE_EAGER not in run.migration.accepted:
            raise WorkersEager(
                f"It is not known whether CELERY_ALWAYS_EAGER makes workers eager too: {listed(unsure)}.",
                why="They were scaled up just now, so they could not be asked before.",
                next=f"migrate-plan resume {run.migration.id} --drain-dynos    (or --accept {MAY_BE_EAGER})",
            )
