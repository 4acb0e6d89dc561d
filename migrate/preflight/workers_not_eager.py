"""Workers stay out of eager mode: an eager worker loses the rest of the chains that it drains.

Measured with Celery 5.7: of a chain of three or more only the first two tasks run, the tail after a chord and
the rest of a chain after a retry are gone, without an error. See docs/draining.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.broker_report import Unreadable
from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts

EVIDENCE: Final = "eager_outside_workers"
"""A key of the app's own Celery configuration, by which its workers say that they never turn eager."""


def workers_not_eager(facts: Facts) -> Finding | None:
    """Given the facts, ask for consent unless every worker says that the variable does not reach it."""
    workers = facts.broker.workers
    if isinstance(workers, Unreadable):
        return None
    unsure = [node.name for node in workers.nodes if not node.stays_out_of_eager_mode]
    if not unsure:
        return None
    return Finding(
        "WORKERS_MAY_BE_EAGER",
        Severity.ASK,
        f"It is not known whether CELERY_ALWAYS_EAGER makes workers eager too: {', '.join(unsure)}.",
        "The variable reaches every dyno. An eager worker that drains a chain of three or more tasks, a chord "
        "with a task behind it, or a chain with a retry loses the rest of it without an error.",
        "read the variable outside workers only and say so in the Celery configuration "
        f"({EVIDENCE} = True; runbook: drain), or, if the app has none of these: --accept WORKERS_MAY_BE_EAGER",
    )
