"""Some plans can be changed in place, with nothing to drain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.plan_pairs import changes_in_place
from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def plan_change_in_place(facts: Facts) -> Finding | None:
    """Given the facts, point out that this pair of plans can be changed without a removal."""
    if facts.strategy == "in-place" or not changes_in_place(facts.add_on.plan, facts.target):
        return None
    return Finding(
        "IN_PLACE_POSSIBLE",
        Severity.WARN,
        "CloudAMQP may change this pair of plans in place.",
        "Then the broker keeps its address and its messages, and nothing has to be drained.",
        "the same command with --strategy in-place",
    )
