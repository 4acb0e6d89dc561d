"""Another plan for a migration that is under way: where the one that was wanted cannot be had after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.cloudamqp import SERVICE, full_plan_name
from migrate.errors import PlanFixed, PreflightRefused
from migrate.facts import orderable
from migrate.preflight.plan_exists import unknown_plan

if TYPE_CHECKING:
    from migrate.clients.heroku import Heroku
    from migrate.commands import Command
    from migrate.migration import Migration
    from migrate.store.journal import Journal


def orderable_plan(heroku: Heroku, migration: Migration, wanted: str, command: Command) -> str:
    """Given a migration and another plan for it, return the plan's full name; raises PreflightRefused."""
    name, plans = full_plan_name(wanted), heroku.plans(SERVICE)
    if orderable(name, plans) is None:
        found = unknown_plan(name, plans, lambda near: command("resume", migration, "--to", near))
        raise PreflightRefused((found,))
    return name


def with_plan(migration: Migration, journal: Journal, plan: str, command: Command) -> Migration:
    """Given a migration that is under way, return it with another plan to move to.

    Raises PlanFixed when the new add-on was ordered already.
    """
    if journal.intent("change-plan") is not None:
        raise PlanFixed(
            f"The change to {migration.to_plan} was asked for already.",
            why="Whether CloudAMQP makes it shows when the migration goes on, or goes back.",
            next=f"{command('resume', migration)}    (then: migrate-plan --to {plan.partition(':')[2]})",
        )
    if journal.intent("add") is None:
        return replace(migration, to_plan=plan)
    raise PlanFixed(
        f"The add-on on {migration.to_plan} was ordered already.",
        why="What was ordered and does not come is withdrawn by resuming; then another plan can be named.",
        next=f"{command('resume', migration)}    (then, if need be: migrate-plan --to {plan.partition(':')[2]})",
    )
