"""Gives the old add-on a name of its own: the last attachment to its owner can be neither moved nor removed.

https://github.com/heroku/heroku-attachable-resources/issues/21
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.attaching import attachment
from migrate.emptiness import prove_again
from migrate.marks import refuse_foreign_mark
from migrate.migration import SPARE, url_variable
from migrate.preview import Preview
from migrate.releases import see_live, wait_until_settled
from migrate.steps.step import Step

if TYPE_CHECKING:
    from migrate.effects import Effect
    from migrate.facts import Facts
    from migrate.run import Run


class Spare(Step):
    """One POST, and one release: proven empty right before, so that it restarts workers that have nothing to do."""

    name = SPARE
    title = "Keep the old add-on under a name of its own"

    def preview(self, facts: Facts) -> Preview:
        """Return the name."""
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{facts.add_on.name} is {', '.join(facts.own_attachments)}",
            intended=f"it is {facts.spare} besides, so that its names can go to the new one",
            command=f"heroku addons:attach {facts.add_on.name} --as {facts.spare} --app {facts.app.name}",
            undo=f"heroku addons:detach {facts.spare} --app {facts.app.name}",
            restarts=f"all {facts.restarted_dynos} dynos, once",
            duration="10 to 60 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one POST."""
        return (attachment(SPARE, run.migration.spare, lambda run: run.migration.add_on, _guard),)

    def verify(self, run: Run) -> None:
        """Wait until a live release has the variable; it has restarted the workers that an older proof asked."""
        see_live(run, {url_variable(run.migration.spare)})
        run.proof = None


def _guard(run: Run) -> None:
    wait_until_settled(run)
    refuse_foreign_mark(run)
    prove_again(run)
