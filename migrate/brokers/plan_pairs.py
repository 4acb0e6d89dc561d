"""Which plans CloudAMQP changes into which others in place.

On the same kind of broker, shared to shared and dedicated to dedicated; shared to dedicated on LavinMQ alone.
https://www.cloudamqp.com/docs/cluster_migration.html
"""

from __future__ import annotations

from typing import Final

SHARED: Final = frozenset({"lemur", "tiger", "lemming", "ermine"})
LAVINMQ: Final = frozenset(
    {"lemming", "ermine", "puffin", "penguin", "fox", "lynx", "leopard", "wolverine", "reindeer", "bear", "orca"}
)
"""Names of plans, without the number of nodes, whose broker is LavinMQ."""

KINDS: Final = SHARED | LAVINMQ | {"squirrel", "bunny", "hare", "rabbit", "panda", "ape", "hippo", "lion", "rhino"}
"""All names of plans that are known, whether or not Heroku sells them now."""


def kind_of_plan(plan: str) -> str:
    """Given a plan's full name, return what it is called without its service and its number of nodes."""
    return plan.partition(":")[2].partition("-")[0]


def changes_in_place(before: str, after: str) -> bool:
    """Given the full names of two plans, say whether CloudAMQP changes the one into the other."""
    old, new = kind_of_plan(before), kind_of_plan(after)
    if (old in LAVINMQ) != (new in LAVINMQ):
        return False
    grows = old in SHARED and new not in SHARED and old in LAVINMQ
    return grows or (old in SHARED) == (new in SHARED)
