"""Some plans can be changed in place, with nothing to drain.

Dedicated to dedicated keeps host, user and vhost; shared to dedicated does not work on RabbitMQ.
https://www.cloudamqp.com/docs/cluster_migration.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts

SHARED: Final = frozenset({"lemur", "tiger", "lemming", "ermine"})


def plan_change_in_place(facts: Facts) -> Finding | None:
    """Given the facts, point out that Heroku can change this pair of plans without a removal."""
    slugs = [name.partition(":")[2] for name in (facts.add_on.plan, facts.target)]
    if (slugs[0] in SHARED) != (slugs[1] in SHARED):
        return None
    return Finding(
        "IN_PLACE_POSSIBLE",
        Severity.WARN,
        "CloudAMQP may change this pair of plans in place: both are shared, or both dedicated.",
        "Then the broker keeps its address and its messages, and nothing has to be drained.",
        f"heroku addons:upgrade {facts.add_on.name} {facts.target} --app {facts.app.name}",
    )
