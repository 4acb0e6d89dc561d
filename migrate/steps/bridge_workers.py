"""Starts one-off dynos that take from the new broker what need not wait for the switch, and ends them after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.drain.dynos import start_all, starting, stop_all, wait_until_gone, wait_until_up
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.workers.drain_places import bridge_places, typed_for_bridge
from migrate.workers.quiet import restore

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class BridgeWorkers(Step):
    """One POST for each; until the workers themselves read the new broker every process looks whether they run."""

    name = "bridge-workers"
    title = "Start workers for the new broker"
    proves = ("bridge-off",)

    def belongs(self, migration: Migration) -> bool:
        """Only where they were asked for."""
        return bool(migration.bridge_workers)

    def preview(self, facts: Facts) -> Preview:
        """Return which commands run how often."""
        commands = {item.type: item.command for item in facts.formation}
        first = commands.get(next(iter(facts.bridge_workers)), "COMMAND")
        return Preview(
            step=self.name,
            title=self.title,
            observed="nobody takes from the new broker; new tasks wait there",
            intended=", ".join(f"{count} one-off dynos of {name}" for name, count in facts.bridge_workers.items())
            + " take them, billed until bridge-workers-off",
            command=f"heroku run:detached --app {facts.app.name} -- {typed_for_bridge(first)}",
            undo=f"heroku ps:stop -d run.1234 --app {facts.app.name}    (their consumers cancelled before)",
            restarts="",
            duration="5 to 60 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the starts."""
        return tuple(map(starting, bridge_places(run.migration)))

    def do(self, run: Run) -> None:
        """Start what does not run, in each place once."""
        start_all(run, bridge_places(run.migration))

    def verify(self, run: Run) -> None:
        """Wait until they are up."""
        wait_until_up(run)


class BridgeWorkersOff(Step):
    """The workers of the formation take their place: none of them may be ended while it runs a task."""

    name = "bridge-workers-off"
    title = "End the one-off workers of the new broker"

    def belongs(self, migration: Migration) -> bool:
        """Only where they were asked for."""
        return bool(migration.bridge_workers)

    def preview(self, facts: Facts) -> Preview:
        """Return how many end."""
        return Preview(
            step=self.name,
            title=self.title,
            observed=", ".join(f"{count} one-off dynos of {name}" for name, count in facts.bridge_workers.items()),
            intended="none of them, once they run nothing",
            command=f"heroku ps:stop -d run.1234 --app {facts.app.name}",
            undo="nothing to undo",
            restarts="",
            duration="as long as the longest task that runs then",
        )

    def do(self, run: Run) -> None:
        """Bring the workers of the new broker to rest, and end those that carry this migration's mark."""
        stop_all(run)

    def verify(self, run: Run) -> None:
        """Wait until none is left, and put the others back on their queues."""
        wait_until_gone(run)
        restore(run)

    def stopped(self, run: Run) -> None:
        """Put the consumers back."""
        restore(run)
