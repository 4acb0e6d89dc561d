"""The strategy that was chosen can be had for this app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.outlook import OBSTACLES, recommended
from migrate.preflight.finding import Finding, Severity
from migrate.wording import sentence

if TYPE_CHECKING:
    from migrate.facts import Facts


def strategy_possible(facts: Facts) -> Finding | None:
    """Given the facts, refuse a strategy that is out of the question; a change in place is another check's."""
    obstacle = OBSTACLES[facts.strategy](facts)
    if not obstacle or facts.strategy == "in-place":
        return None
    return Finding(
        "STRATEGY_IMPOSSIBLE",
        Severity.REFUSE,
        f"Strategy {facts.strategy} is not possible here.",
        sentence(obstacle),
        f"the same command with --strategy {recommended(facts)}",
    )
