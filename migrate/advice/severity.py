"""How much something matters on the plan at hand: pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from migrate.advice.plan_limits import limits_of
from migrate.advice.row import Verdict
from migrate.brokers.plan_pairs import kind_of_plan
from migrate.brokers.report import Unreadable

if TYPE_CHECKING:
    from migrate.advice.practice import Practice

FEW: Final = 40
"""So many connections are used up by a handful of processes."""
_SOME: Final = 200


def on_plan(practice: Practice, plan: str) -> Practice:
    """Given a plan's full name, return the practice as it would be on that plan, by what is known of its limits."""
    limits = limits_of(kind_of_plan(plan))
    unknown = Unreadable(f"of {plan} no limit is known beforehand")
    return replace(
        practice,
        plan=plan,
        connection_limit=unknown if limits.connections is None else limits.connections,
        queue_limit=unknown if limits.queues is None else limits.queues,
    )


def of_connections(practice: Practice) -> Verdict:
    """Return how much needless connections matter."""
    limit = practice.connection_limit
    if isinstance(limit, int):
        return Verdict.DANGER if limit <= FEW else Verdict.WARNING if limit <= _SOME else Verdict.ADVICE
    # Without a word from the broker: a shared plan has few.
    return Verdict.DANGER if practice.is_shared else Verdict.ADVICE


def of_messages(practice: Practice) -> Verdict:
    """Return how much needless messages matter: past a monthly quota publishing is refused until the month ends."""
    metered = limits_of(kind_of_plan(practice.plan)).messages_a_month is not None
    return Verdict.DANGER if metered or practice.is_shared else Verdict.ADVICE
