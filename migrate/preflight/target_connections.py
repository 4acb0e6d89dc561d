"""What the app will open to the new broker, beside what its plan allows: what several checks look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migrate.advice.connection_budget import budget
from migrate.advice.connection_usages import usages
from migrate.advice.connection_verdict import ceiling, judge

if TYPE_CHECKING:
    from migrate.advice.connection_verdict import Ceiling, Judgement
    from migrate.facts import Facts


class TargetConnections(Struct, frozen=True):
    """The verdict on the new plan, and whether the move is one to more connections."""

    judged: Judgement
    grows: bool
    """Whether the new plan is known to allow at least as many as the old one: the move makes nothing worse."""
    allowed: Ceiling
    """The new plan's."""


def target_connections(facts: Facts) -> TargetConnections:
    """Given the facts, return what there is to say about connections on the new plan.

    One-off dynos that run now stay on the old broker, as drain dynos do; workers for a bridge are on the new one
    while a release starts the others beside them. In place the broker is the same for all.
    """
    dynos = facts.dynos if facts.strategy == "in-place" else ()
    there = usages(facts.formation, facts.commands, facts.broker.workers, dynos)
    bridging = tuple(
        replace(item, dynos=facts.bridge_workers[item.type], restarted=False)
        for item in there
        if facts.bridge_workers.get(item.type)
    )
    wanted = (*there, *bridging)
    before, after = ceiling(facts.add_on.plan), ceiling(facts.target)
    return TargetConnections(
        judged=judge(wanted, budget(wanted), after),
        grows=None not in {before.connections, after.connections}
        and (before.connections or 0) <= (after.connections or 0),
        allowed=after,
    )


def ways_to_fit(facts: Facts, found: TargetConnections) -> str:
    """Given the facts and the verdict, return what may be typed to look at it, and what would fit."""
    plan = facts.target.partition(":")[2]
    command = f"migrate-plan connections --app {facts.app.name} --what-if plan={plan}"
    return f"{command}    ({'; or '.join((*found.judged.fixes, 'a larger plan'))})"
