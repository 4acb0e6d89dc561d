"""Removes the old add-on: the point of no return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.releases import wait_until_settled
from migrate.changes.removing import removal, wait_until_gone
from migrate.drain.emptiness import prove_again
from migrate.migration import url_variable
from migrate.preview import Preview
from migrate.steps.step import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.run import Run


class Remove(Step):
    """One DELETE, guarded by a proof of emptiness that is seconds old."""

    name = "remove"
    title = "Remove the old add-on"

    def preview(self, facts: Facts) -> Preview:
        """Return what is removed."""
        price = facts.current_plan.price if facts.current_plan else "price unknown"
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{facts.add_on.name} on {facts.add_on.plan} ({price})",
            intended="looked at once more, and gone with its vhost if it is still empty; "
            f"the app then runs without {', '.join(map(url_variable, facts.own_attachments))} until the next step",
            command=f"heroku addons:destroy {facts.add_on.name} --app {facts.app.name} --confirm {facts.app.name}",
            undo="",
            restarts=f"all {facts.restarted_dynos} dynos, once",
            duration="5 to 30 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:  # noqa: ARG002 -- the same for every run
        """Return the one DELETE."""
        return (removal_of_old(_guard),)

    def verify(self, run: Run) -> None:
        """Wait until Heroku says that the add-on does not exist and no release is pending."""
        wait_until_gone(run, run.migration.add_on_id)


def removal_of_old(guard: Callable[[Run], None]) -> Effect:
    """Given what guards it, return the effect that removes the old add-on."""
    return removal("remove", lambda run: run.migration.add_on_id, lambda run: run.migration.add_on, guard)


def _guard(run: Run) -> None:
    wait_until_settled(run)
    prove_again(run)
