"""Tasks held for later keep their queue from becoming empty until they are due.

https://docs.celeryq.dev/en/stable/userguide/calling.html#eta-and-countdown
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.report import Unreadable
from migrate.drain.verdict import latest_due
from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def held_tasks(facts: Facts) -> Finding | None:
    """Given the facts, say until when the drain will last at least."""
    workers = facts.broker.workers
    if isinstance(workers, Unreadable):
        return None
    held = [task for node in workers.nodes for task in node.held]
    due = latest_due(workers)
    if not held or due is None:
        return None
    names = ", ".join(sorted({task.name for task in held}))
    return Finding(
        "HELD_TASKS",
        Severity.WARN,
        f"Workers hold tasks for later ({len(held)}): {names}.",
        f"The old broker is not empty before {due:%H:%M:%S} UTC, and {_meanwhile(facts)} until then.",
        "start the migration later, or raise --drain-timeout",
    )


def _meanwhile(facts: Facts) -> str:
    return "the app stays in eager mode" if facts.is_eager else "what is published waits in the new one"
