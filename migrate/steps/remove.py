"""Removes the old add-on: the point of no return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.effects import Effect
from migrate.emptiness import prove_again
from migrate.migration import url_variable
from migrate.platform import GONE
from migrate.preview import Preview
from migrate.releases import wait_until_settled
from migrate.steps.step import Step
from migrate.waits import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.facts import Facts
    from migrate.run import Run

    Body = Mapping[str, Any]


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
        return (removal(_guard),)

    def verify(self, run: Run) -> None:
        """Wait until Heroku says that the add-on does not exist and no release is pending."""

        def look() -> bool | Waiting:
            add_on = run.heroku.add_on(run.app, run.migration.add_on_id)
            if add_on is None or add_on.state == "deprovisioned":
                return True
            return Waiting(f"{run.migration.add_on} is {add_on.state}")

        run.waiter.until(look, run.limits.provision)
        wait_until_settled(run)


def removal(guard: Callable[[Run], None]) -> Effect:
    """Given what guards it, return the effect that removes the old add-on."""
    return Effect("remove", _before, _send, _find, guard, _look_at)


def _guard(run: Run) -> None:
    wait_until_settled(run)
    prove_again(run)


def _before(run: Run) -> Body:
    # Nothing is read here: between the last look and the call no second may be lost.
    return {"add_on": run.migration.add_on_id}


def _send(run: Run, intent: Body) -> None:
    run.heroku.delete_add_on(run.app, intent["add_on"])


def _look_at(run: Run, _intent: Body) -> str:
    return f"heroku addons --app {run.app}    (is {run.migration.add_on} still there?)"


def _find(run: Run, intent: Body) -> Body | None:
    add_on = run.heroku.add_on(run.app, intent["add_on"])
    return {"state": "gone"} if add_on is None or add_on.state in GONE else None
