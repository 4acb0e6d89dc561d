"""Removes the old add-on when the app runs on the new one: the point of no return of strategies with two brokers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.marks import refuse_foreign_mark
from migrate.changes.releases import current_version, wait_for_dynos, wait_until_settled
from migrate.changes.removing import is_going
from migrate.drain.emptiness import LEFT, prove_again
from migrate.migration import FINISH
from migrate.preview import Preview
from migrate.steps.remove import Remove, removal_of_old
from migrate.workers.quiet import quiesce, restore

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run
    from migrate.store.journal import Journal


class RemoveOld(Remove):
    """One DELETE, guarded by a proof of emptiness that is seconds old, while the workers rest: it makes a release."""

    name = "remove-old"
    title = "Remove the old add-on, which nobody uses any more"

    def preview(self, facts: Facts) -> Preview:
        """Return what is removed."""
        price = facts.current_plan.price if facts.current_plan else "price unknown"
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{facts.add_on.name} on {facts.add_on.plan} ({price})",
            intended="looked at once more, and gone with its vhost if it is still empty",
            command=f"heroku addons:destroy {facts.add_on.name} --app {facts.app.name} --confirm {facts.app.name}",
            undo="",
            restarts=f"all {facts.restarted_dynos} dynos, once",
            duration="5 to 60 s, and as long as the longest task that runs then",
        )

    def is_held(self, migration: Migration, journal: Journal) -> bool:
        """Where the old add-on is kept for now."""
        return migration.keep_old and journal.noted(FINISH) is None

    def effects(self, run: Run) -> tuple[Effect, ...]:  # noqa: ARG002 -- the same for every run
        """Return the one DELETE."""
        return (removal_of_old(_guard),)

    def verify(self, run: Run) -> None:
        """Wait until it is gone and the dynos are up, whose workers take tasks again."""
        super().verify(run)
        wait_for_dynos(run, current_version(run))
        restore(run)

    def stopped(self, run: Run) -> None:
        """Put the consumers back unless the removal is on its way: its release would kill what they then take."""
        if run.journal.intent("remove") is None:
            restore(run)


def _guard(run: Run) -> None:
    wait_until_settled(run)
    refuse_foreign_mark(run)
    if is_going(run, run.migration.add_on_id):
        return
    # Watched while the workers are at work, so that they rest no longer than they must; looked at once more after.
    prove_again(run, LEFT)
    quiesce(run)
    prove_again(run, LEFT)
