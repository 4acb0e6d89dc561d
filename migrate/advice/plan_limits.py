"""What is known of each plan's limits: quoted, dated, and never to be trusted over what the broker itself says.

CloudAMQP publishes them on https://www.cloudamqp.com/plans.html; the live ones of a plan that one has are in the
management API (vhost-limits).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class PlanLimits(Struct, frozen=True):
    """Limits of one plan; None where it is not known, which is not "none"."""

    connections: int | None = None
    queues: int | None = None
    messages_a_month: int | None = None
    """A publish counts as one, a delivery as another."""
    source: str = ""
    """Who says so, and when."""


_QUOTED: Final = "cloudamqp.com/plans.html, quoted 2026-06"

KNOWN: Final[Mapping[str, PlanLimits]] = {
    "lemur": PlanLimits(20, 100, 1_000_000, "github.com/ripienaar/free-for-dev/pull/1588, 2020-07"),
    "tiger": PlanLimits(100, None, 10_000_000, _QUOTED),
    "lemming": PlanLimits(40, 200, 2_000_000, _QUOTED),
    "ermine": PlanLimits(200, None, 20_000_000, _QUOTED),
    "squirrel": PlanLimits(1_500, None, None, _QUOTED),
    "puffin": PlanLimits(5_000, None, None, _QUOTED),
}
"""By the plan's name without its number of nodes."""
UNMETERED: Final = frozenset({"squirrel", "puffin"})
"""Kinds of which the same page says that their messages are not counted by the month; of others nothing is known."""


def limits_of(kind: str) -> PlanLimits:
    """Given a plan's name without service and nodes, return what is known."""
    return KNOWN.get(kind, PlanLimits())
