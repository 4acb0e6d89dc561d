"""Takes away the name under which the new add-on came: the app never used it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.changes.attaching import detachment
from migrate.changes.diversion import require_moved
from migrate.changes.marks import refuse_foreign_mark
from migrate.changes.releases import see_gone, wait_until_settled
from migrate.migration import url_variable
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.workers.quiet import quiesce, restore

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.run import Run

TIDY: Final = "tidy"


class Tidy(Step):
    """One DELETE of an attachment, and one release."""

    name = TIDY
    title = "Take the spare name of the new add-on away"

    def preview(self, facts: Facts) -> Preview:
        """Return the name."""
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"the new add-on is {', '.join(facts.own_attachments)} and {facts.beside}",
            intended=f"it is {', '.join(facts.own_attachments)}",
            command=f"heroku addons:detach {facts.beside} --app {facts.app.name}",
            undo=f"heroku addons:attach NEW --as {facts.beside} --app {facts.app.name}",
            restarts=f"all {facts.restarted_dynos} dynos, once",
            duration="10 to 60 s, and as long as the longest task that runs then",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one DELETE."""
        return (detachment(TIDY, run.migration.beside, _guard),)

    def verify(self, run: Run) -> None:
        """Wait until the variable is gone and the dynos are up, whose workers take tasks again."""
        see_gone(run, {url_variable(run.migration.beside)})
        restore(run)

    def stopped(self, run: Run) -> None:
        """Put the consumers back unless the release is on its way."""
        if run.journal.intent(TIDY) is None:
            restore(run)


def _guard(run: Run) -> None:
    wait_until_settled(run)
    refuse_foreign_mark(run)
    require_moved(run)
    quiesce(run)
