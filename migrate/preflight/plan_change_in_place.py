"""Some plans can be changed in place, with nothing to drain.

On the same kind of broker, shared to shared and dedicated to dedicated; shared to dedicated on LavinMQ alone.
https://www.cloudamqp.com/docs/cluster_migration.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts

SHARED: Final = frozenset({"lemur", "tiger", "lemming", "ermine"})
LAVINMQ: Final = frozenset(
    {"lemming", "ermine", "puffin", "penguin", "fox", "lynx", "leopard", "wolverine", "reindeer", "bear", "orca"}
)
"""Names of plans, without the number of nodes, whose broker is LavinMQ."""


def plan_change_in_place(facts: Facts) -> Finding | None:
    """Given the facts, point out that Heroku can change this pair of plans without a removal."""
    before, after = (name.partition(":")[2].partition("-")[0] for name in (facts.add_on.plan, facts.target))
    if not changes_in_place(before, after):
        return None
    return Finding(
        "IN_PLACE_POSSIBLE",
        Severity.WARN,
        "CloudAMQP may change this pair of plans in place.",
        "Then the broker keeps its address and its messages, and nothing has to be drained.",
        f"heroku addons:upgrade {facts.add_on.name} {facts.target} --app {facts.app.name}",
    )


def changes_in_place(before: str, after: str) -> bool:
    """Given two plans without their number of nodes, say whether CloudAMQP changes the one into the other."""
    if (before in LAVINMQ) != (after in LAVINMQ):
        return False
    grows = before in SHARED and after not in SHARED and before in LAVINMQ
    return grows or (before in SHARED) == (after in SHARED)
