"""Beat inside a worker goes with its dyno; a drain dyno does without it, else it would never be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity
from migrate.workers.drain_places import runs_beat

if TYPE_CHECKING:
    from migrate.facts import Facts


def beat_pauses(facts: Facts) -> Finding | None:
    """Given the facts, say so where the workers that are scaled to 0 run beat inside themselves."""
    beats = [item.type for item in facts.draining_types if runs_beat(item.command)]
    if facts.drain_by != "dynos" or not beats:
        return None
    return Finding(
        "BEAT_PAUSES",
        Severity.WARN,
        f"Beat pauses while the worker dynos are at 0: {', '.join(beats)} run it inside themselves (-B).",
        "Drain dynos are started without it: what it published would keep the old broker from becoming empty. "
        "Periodic tasks that fall due between workers-down and workers-up are not sent.",
        "migrate between two of them; or run beat in a process type of its own",
    )
