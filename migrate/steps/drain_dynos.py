"""Starts one-off dynos that drain in the place of the workers, and ends them when the old broker is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.drain.attention import refuse_workers
from migrate.drain.dynos import start_all, starting, stop_all, wait_until_gone, wait_until_up
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.wording import counted
from migrate.workers.drain_places import places, without_eager
from migrate.workers.workforce import DRAIN_DYNOS_STOPPED

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class StartDrainDynos(Step):
    """One POST for each; every process until the removal looks again whether they run."""

    name = "drain-dynos"
    title = "Start dynos that drain without eager mode"
    proves = ("remove", "reattach")

    def belongs(self, migration: Migration) -> bool:
        """Only where the workers are not trusted to stay out of eager mode."""
        return migration.drain_by == "dynos"

    def preview(self, facts: Facts) -> Preview:
        """Return which commands run how often, and on what."""
        types = facts.draining_types
        first = types[0].command if types else "COMMAND"
        size = f" --size {types[0].size.lower()}" if types else ""
        dynos = counted(sum(item.quantity for item in types), "one-off dyno")
        return Preview(
            step=self.name,
            title=self.title,
            observed="; ".join(f"{item.type}={item.quantity}, {item.size}: {item.command}" for item in types),
            intended=f"the same commands in {dynos} of these sizes, "
            "without CELERY_ALWAYS_EAGER; billed while they drain, and the worker dynos are not",
            command=f"heroku run:detached --app {facts.app.name}{size} -- {without_eager(facts.eager)} {first}",
            undo=f"heroku ps:stop -d run.1234 --app {facts.app.name}    (their consumers cancelled before, as above)",
            restarts="",
            duration="5 to 60 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the starts."""
        return tuple(map(starting, places(run.migration)))

    def do(self, run: Run) -> None:
        """Start what does not run, in each place once, as long as no worker dyno has come back."""
        refuse_workers(run, run.heroku.dynos(run.app))
        start_all(run, places(run.migration))

    def verify(self, run: Run) -> None:
        """Wait until they are up; that their workers answer, the drain waits for."""
        wait_until_up(run)


class StopDrainDynos(Step):
    """Whoever drained has nothing left to do."""

    name = DRAIN_DYNOS_STOPPED
    title = "End the dynos that drained"

    def belongs(self, migration: Migration) -> bool:
        """Where there are any; on the way back also those that work on the new broker."""
        return migration.drain_by == "dynos" or bool(migration.bridge_workers)

    def preview(self, facts: Facts) -> Preview:
        """Return how many end."""
        count = sum(item.quantity for item in facts.draining_types)
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{counted(count, 'one-off dyno')} with nothing left to drain",
            intended="none of them; also none that a process started which was killed",
            command=f"heroku ps:stop -d run.1234 --app {facts.app.name}",
            undo="nothing to undo",
            restarts="",
            duration="2 to 30 s",
        )

    def do(self, run: Run) -> None:
        """End all that carry this migration's mark."""
        stop_all(run)

    def verify(self, run: Run) -> None:
        """Wait until none is left."""
        wait_until_gone(run)
