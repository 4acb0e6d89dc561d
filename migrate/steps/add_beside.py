"""Adds the add-on on the new plan beside the old one, under a name that the app does not use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.effects import perform
from migrate.changes.marks import refuse_foreign_mark
from migrate.changes.releases import wait_until_settled
from migrate.migration import url_variable
from migrate.preview import Preview
from migrate.steps.add import Add, creation, wait_until_provisioned
from migrate.steps.step import BEGINNINGS
from migrate.workers.quiet import keep_quiet, quiesce

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class AddBeside(Add):
    """One POST. It makes two releases, the second when CloudAMQP is ready: until then no worker may run a task."""

    name = "add-beside"
    title = "Add the new add-on beside the old one"
    proves = BEGINNINGS

    def preview(self, facts: Facts) -> Preview:
        """Return what is added, and what waits meanwhile."""
        price = facts.target_plan.price if facts.target_plan else "price unknown"
        variable = url_variable(facts.beside)
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{', '.join(facts.own_attachments)} on {facts.add_on.plan}",
            intended=f"{facts.target} ({price}) besides, as {facts.beside}: {variable} is set, AMQP and HTTP answer, "
            "a message goes through; tasks wait in the old broker until then, for the workers stay away",
            command=f"heroku addons:create {facts.target} --as {facts.beside} --app {facts.app.name}",
            undo="heroku addons:destroy    (the new one)",
            restarts=f"all {facts.restarted_dynos} dynos, twice (attached, then variables set)",
            duration="10 s to 10 min, as CloudAMQP takes",
        )

    def names(self, migration: Migration) -> tuple[str, ...]:
        """Return the one name that the app does not use."""
        return (migration.beside,)

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the creation."""
        return (creation(run.migration.beside, _guard),)

    def do(self, run: Run) -> None:
        """Add, and see that nobody takes a task until CloudAMQP is ready: its release would kill that."""
        for effect in self.effects(run):
            perform(run, effect)
        wait_until_provisioned(run, keep_quiet(run))


def _guard(run: Run) -> None:
    wait_until_settled(run)
    refuse_foreign_mark(run)
    quiesce(run)
