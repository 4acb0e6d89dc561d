"""Dynos drain in the workers' place: how many, on what, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.drain.who_drains import unsure_workers
from migrate.preflight.finding import Finding, Severity
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.facts import Facts


def drain_dynos(facts: Facts) -> Finding | None:
    """Given the facts, say so where dynos are to drain that the migration starts."""
    if facts.drain_by != "dynos":
        return None
    unsure = unsure_workers(facts)
    reason = (
        f"It is not known whether CELERY_ALWAYS_EAGER makes workers eager too: {listed(list(unsure))}. "
        "Eager ones would lose what follows in the chains that they drain."
        if unsure
        else "They were asked for."
    )
    return Finding(
        "DRAIN_DYNOS",
        Severity.WARN,
        "One-off dynos drain in place of the workers: "
        f"{', '.join(f'{item.quantity} x {item.type} on {item.size}' for item in facts.draining_types)}.",
        f"{reason} The worker dynos are scaled to 0 meanwhile and come back at the end.",
        "switch off what scales workers by itself; or keep eager mode out of the workers (runbook: drain), "
        "then none are needed; or --no-drain-dynos",
    )
