"""CloudAMQP is known to change this pair of plans in place; what it really does, only the attempt shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.outlook import OBSTACLES, recommended
from migrate.preflight.finding import Finding, Severity
from migrate.wording import sentence

if TYPE_CHECKING:
    from migrate.facts import Facts


def in_place_likely(facts: Facts) -> Finding | None:
    """Given the facts, ask whether to try what CloudAMQP is not known to do."""
    obstacle = OBSTACLES["in-place"](facts)
    if facts.strategy != "in-place" or not obstacle:
        return None
    return Finding(
        "IN_PLACE_UNLIKELY",
        Severity.ASK,
        "CloudAMQP will most likely refuse that.",
        f"{sentence(obstacle)} A refusal changes nothing.",
        f"the same command with --strategy {recommended(facts)}; or to try: --accept IN_PLACE_UNLIKELY",
    )
