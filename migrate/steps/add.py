"""Adds the add-on on the new plan, under the names that the app knew the old one by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from migrate.changes.attaching import attachment
from migrate.changes.effects import Effect, perform
from migrate.changes.releases import look_live, newest_version, wait_for_dynos, wait_until_settled
from migrate.errors import AddOnFailed
from migrate.migration import url_variable
from migrate.platform import GONE
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.waits import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.platform import AddOn
    from migrate.run import Run

    Body = Mapping[str, Any]


ADD: Final = "add"
"""The effect that adds the new add-on, under whichever name."""


class Add(Step):
    """One POST for the add-on, one for each further attachment."""

    name = ADD
    title = "Add the add-on on the new plan"

    def preview(self, facts: Facts) -> Preview:
        """Return what is added, and under which names."""
        price = facts.target_plan.price if facts.target_plan else "price unknown"
        first, *further = facts.own_attachments
        app = facts.app.name
        attached = [f"heroku addons:attach {first} --as {name} --app {app}" for name in further]
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{', '.join(facts.own_attachments)} on {facts.add_on.plan}",
            intended=f"{', '.join(facts.own_attachments)} on {facts.target} ({price}), answering AMQP and HTTP",
            command=" && ".join((f"heroku addons:create {facts.target} --as {first} --app {app}", *attached)),
            undo="a new add-on on the old plan: migrate-plan, the other way round",
            restarts=f"all {facts.restarted_dynos} dynos, twice (attached, then variables set)",
            duration="10 s to 10 min, as CloudAMQP takes",
        )

    def names(self, migration: Migration) -> tuple[str, ...]:
        """Return the names under which the add-on comes."""
        return migration.attachments

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the creation and the further attachments."""
        first, *further = self.names(run.migration)
        return (creation(first, wait_until_settled), *(_further(name) for name in further))

    def do(self, run: Run) -> None:
        """Add, wait until it is there, then attach it under its further names."""
        first, *further = self.effects(run)
        perform(run, first)
        wait_until_provisioned(run)
        for effect in further:
            perform(run, effect)

    def verify(self, run: Run) -> None:
        """Wait until variables, releases and dynos are live, and the new broker answers at both doors."""
        version = wait_until_variables_are_live(run, self.names(run.migration))
        wait_for_dynos(run, version)
        wait_until_broker_answers(run)


def creation(name: str, guard: Callable[[Run], None]) -> Effect:
    """Given the name under which the app gets it and what guards the call, return the effect that adds the add-on."""

    def create(run: Run, intent: Body) -> None:
        run.heroku.create_add_on(run.app, plan=run.migration.to_plan, name=intent["add_on"], attachment=name)

    return Effect(ADD, _before_creation, create, _find_creation, guard, _look_at)


def _name(run: Run) -> str:
    # One that failed to provision may keep its name for a while.
    again = run.journal.failures(ADD)
    return f"{run.migration.new_add_on}-{again + 1}" if again else run.migration.new_add_on


def _before_creation(run: Run) -> Body:
    return {"version": newest_version(run), "add_on": _name(run)}


def _find_creation(run: Run, intent: Body) -> Body | None:
    add_on = run.heroku.add_on(run.app, intent["add_on"])
    return {**intent, "id": add_on.id} if add_on else None


def _look_at(run: Run, intent: Body) -> str:
    return f"heroku addons --app {run.app}    (is {intent['add_on']} there?)"


def _further(name: str) -> Effect:
    return attachment(f"attach-{name}", name, lambda run: created(run)["add_on"], wait_until_settled)


def created(run: Run) -> Body:
    """Return the name and id of the add-on that this migration has added; empty before that."""
    return run.journal.outcome(ADD) or {}


def wait_until_provisioned(run: Run, meanwhile: Callable[[], None] = lambda: None) -> AddOn:
    """Return the new add-on once it is there, with something to do at every look; raises AddOnFailed."""
    name = created(run)["add_on"]

    def look() -> AddOn | Waiting:
        add_on = run.heroku.add_on(run.app, name)
        if add_on is None or add_on.state in GONE:
            run.journal.retract(ADD, happened=True)
            raise AddOnFailed(
                f"CloudAMQP did not provide {run.migration.to_plan}.",
                why=f"The new add-on is {add_on.state if add_on else 'gone'}.",
                next=f"heroku addons --app {run.app}",
            )
        meanwhile()
        return add_on if add_on.state == "provisioned" else Waiting(f"{add_on.name} is {add_on.state}")

    return run.waiter.until(look, run.limits.provision)


def wait_until_variables_are_live(run: Run, names: tuple[str, ...]) -> int:
    """Given the names of the new add-on, return the version of a live release that has all their variables."""
    # Of the two releases of a creation only the second sets the variables, and config reads may be stale, so
    # each release's own variables are read. The live one may be somebody else's; it carries ours too.
    wanted = {url_variable(name) for name in names} | set(wait_until_provisioned(run).config_vars)
    return run.waiter.until(lambda: look_live(run, wanted), run.limits.provision)


def wait_until_broker_answers(run: Run) -> None:
    """Wait until the new broker answers at both doors, and a message goes through it and comes out again."""

    def look() -> bool:
        broker = run.new_broker()
        broker.control.connect()
        broker.rabbitmq.queues()
        broker.mover.pass_through()
        return True

    run.waiter.until(look, run.limits.provision)
