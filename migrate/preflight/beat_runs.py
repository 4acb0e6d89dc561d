"""Celery beat publishes by itself; in eager mode it runs registered tasks inside its own process.

https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def beat_runs(facts: Facts) -> Finding | None:
    """Given the facts, name the process types that run Celery beat and are not paused."""
    found = [item for item in facts.formation if item.quantity and item.runs_beat and item.type not in facts.paused]
    types = [item.type for item in found]
    if not types:
        return None
    return Finding(
        "BEAT_RUNS",
        Severity.WARN,
        f"Celery beat runs in: {', '.join(types)}.",
        "While eager, it runs tasks inside itself, one after another; tasks that it does not know by import "
        "still go to the broker and keep the drain from ending.",
        "run beat in a process type of its own, which can be paused"
        if found[0].runs_celery_worker
        else f"--pause {types[0]}    (if its tasks can wait for some minutes)",
    )
