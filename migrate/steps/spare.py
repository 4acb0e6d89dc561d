"""Gives the old add-on a name of its own: the last attachment to its owner can be neither moved nor removed.

https://github.com/heroku/heroku-attachable-resources/issues/21
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.attaching import attachment
from migrate.changes.marks import refuse_foreign_mark
from migrate.changes.new_add_on import require_beside
from migrate.changes.releases import see_live, wait_until_settled
from migrate.errors import ReleaseFailed
from migrate.migration import SPARE, url_variable
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.workers.quiet import quiesce, restore

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.run import Run


class Spare(Step):
    """One POST, and one release, while the workers rest: long before names move, for the app is not yet eager."""

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
        """Return the one POST; where its release failed, the one that gives the same name anew."""
        again = run.journal.failures(SPARE) > 0
        return (attachment(SPARE, run.migration.spare, lambda run: run.migration.add_on, _guard, replace=again),)

    def verify(self, run: Run) -> None:
        """Wait until a live release has the variable."""
        try:
            see_live(run, {url_variable(run.migration.spare)})
        except ReleaseFailed:
            run.journal.retract(SPARE, happened=True)
            raise
        restore(run)

    def stopped(self, run: Run) -> None:
        """Put the consumers back unless the release is on its way: it would kill what they then take."""
        if run.journal.intent(SPARE) is None:
            restore(run)


def _guard(run: Run) -> None:
    wait_until_settled(run)
    refuse_foreign_mark(run)
    require_beside(run)
    quiesce(run)
