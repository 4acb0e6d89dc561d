"""Has CloudAMQP change the plan of the add-on as it is: the broker keeps its address and its messages.

Shared to shared and dedicated to dedicated on the same kind of broker. https://www.cloudamqp.com/docs/cluster_migration.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from migrate.changes.effects import Effect, perform
from migrate.changes.marks import refuse_foreign_mark
from migrate.changes.releases import current_version, wait_for_dynos, wait_until_settled
from migrate.errors import HerokuRefused, PlanChangeRefused
from migrate.preview import Preview
from migrate.steps.add import wait_until_broker_answers
from migrate.steps.step import Step
from migrate.waits import Waiting
from migrate.workers.quiet import keep_quiet, quiesce, restore, wait_for_workers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run

    Body = Mapping[str, Any]

CHANGE, CHANGE_BACK = "change-plan", "change-plan-back"
_LATER: Final = "wait for your cluster to be configured"
"""What CloudAMQP says while it still works on an earlier change.
https://github.com/cloudamqp/cli (bunny1_to_hare1_update.yaml)"""


class ChangePlan(Step):
    """One PATCH. Whether it makes a release is not documented, so no worker runs a task meanwhile."""

    name = CHANGE
    title = "Change the plan in place"

    def preview(self, facts: Facts) -> Preview:
        """Return the plans."""
        price = facts.target_plan.price if facts.target_plan else "price unknown"
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{facts.add_on.name} on {facts.add_on.plan}",
            intended=f"{facts.add_on.name} on {facts.target} ({price}), with all that is in it; AMQP and HTTP "
            "answer. CloudAMQP speaks of a brief downtime, in which publishing may fail",
            command=f"heroku addons:upgrade {facts.add_on.name} {facts.target} --app {facts.app.name}",
            undo=f"heroku addons:upgrade {facts.add_on.name} {facts.add_on.plan} --app {facts.app.name}",
            restarts=f"all {facts.restarted_dynos} dynos, once or not at all",
            duration="5 s to 10 min, as CloudAMQP takes",
        )

    def plan(self, migration: Migration) -> str:
        """Return the plan that is wanted."""
        return migration.to_plan

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one PATCH."""
        plan = self.plan(run.migration)

        def before(_run: Run) -> Body:
            return {"plan": plan}

        def send(run: Run, intent: Body) -> None:
            run.heroku.change_plan(run.app, run.migration.add_on_id, intent["plan"])

        def find(run: Run, intent: Body) -> Body | None:
            add_on = run.heroku.add_on(run.app, run.migration.add_on_id)
            return {"plan": intent["plan"]} if add_on is not None and add_on.plan == intent["plan"] else None

        def look_at(run: Run, intent: Body) -> str:
            return f"heroku addons --app {run.app}    (is {run.migration.add_on} on {intent['plan']}?)"

        return (Effect(self.name, before, send, find, _guard, look_at),)

    def do(self, run: Run) -> None:
        """Change it, and try again while CloudAMQP still works on an earlier change."""
        (effect,) = self.effects(run)

        def change() -> bool | Waiting:
            try:
                perform(run, effect)
            except HerokuRefused as no:
                if _LATER in f"{no.what} {no.why}".casefold():
                    return Waiting(f"CloudAMQP is not ready yet. {no.why}")
                if type(no) is not HerokuRefused:
                    raise
                raise _refused(run, self.plan(run.migration), no) from None
            return True

        run.waiter.until(change, run.limits.provision)

    def verify(self, run: Run) -> None:
        """Wait until the plan is the new one, and the broker answers at both doors; put the workers back."""
        plan, quiet = self.plan(run.migration), keep_quiet(run)

        def look() -> bool | Waiting:
            add_on = run.heroku.add_on(run.app, run.migration.add_on_id)
            if add_on is not None and (add_on.plan, add_on.state) == (plan, "provisioned"):
                return True
            quiet()
            return Waiting(
                f"{add_on.name} is {add_on.state} on {add_on.plan}" if add_on else "the add-on is not listed"
            )

        run.waiter.until(look, run.limits.provision)
        wait_until_settled(run, quiet)
        wait_for_dynos(run, current_version(run))
        wait_until_broker_answers(run)
        # CloudAMQP may have dropped their connections, and one that does not hear now would stay off its queues.
        wait_for_workers(run, "The workers did not come back to the broker.")
        restore(run)

    def stopped(self, run: Run) -> None:
        """Put the consumers back unless the change is on its way: its release would kill what they then take."""
        if run.journal.intent(self.name) is None:
            restore(run)


class ChangePlanBack(ChangePlan):
    """The same with the plan that the add-on had."""

    name = CHANGE_BACK
    title = "Change the plan back in place"

    def plan(self, migration: Migration) -> str:
        """Return the plan that it had."""
        return migration.from_plan


def _guard(run: Run) -> None:
    wait_until_settled(run)
    refuse_foreign_mark(run)
    quiesce(run)


def _refused(run: Run, plan: str, no: HerokuRefused) -> PlanChangeRefused:
    again = f"migrate-plan --to {run.migration.to_plan.partition(':')[2]} --app {run.app} --strategy"
    return PlanChangeRefused(
        f"{run.migration.add_on} was not changed to {plan}.",
        why=f"{no.why or no.what} Not every pair of plans can be changed in place.",
        next=f"{again} side-by-side    (or documented, or bridge: --dry-run shows what each costs)",
    )
