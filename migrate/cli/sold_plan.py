"""The plan that is asked about, where it is one that Heroku sells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrate.clients.heroku import Heroku


def sold_plan(heroku: Heroku, wanted: str | None, current: str) -> str:
    """Given a plan that is asked about, if any, and the add-on's own, return its full name; raises UsageError."""
    from migrate.cloudamqp import SERVICE, full_plan_name
    from migrate.errors import UsageError
    from migrate.facts import orderable

    plan = full_plan_name(wanted) if wanted else current
    if plan != current and orderable(plan, heroku.plans(SERVICE)) is None:
        raise UsageError(f"Heroku sells no plan {plan}.", next="migrate-plan plans")
    return plan
