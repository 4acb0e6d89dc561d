"""Workers stay out of eager mode: an eager worker loses the rest of the chains that it drains.

Measured with Celery 5.7: of a chain of three or more only the first two tasks run, the tail after a chord and
the rest of a chain after a retry are gone, without an error. See docs/draining.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.drain.who_drains import obstacle, unsure_workers
from migrate.preflight.finding import Finding, Severity
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.facts import Facts

EVIDENCE: Final = "eager_outside_workers"
"""A key of the app's own Celery configuration, by which its workers say that they never turn eager."""


def workers_not_eager(facts: Facts) -> Finding | None:
    """Given the facts, ask for consent unless no worker drains or each says that the variable does not reach it."""
    unsure = unsure_workers(facts)
    if not unsure or facts.drain_by == "dynos":
        return None
    why_not = obstacle(facts)
    return Finding(
        "WORKERS_MAY_BE_EAGER",
        Severity.ASK,
        f"It is not known whether CELERY_ALWAYS_EAGER makes workers eager too: {listed(list(unsure))}.",
        "The variable reaches every dyno. An eager worker that drains a chain of three or more tasks, a chord "
        "with a task behind it, or a chain with a retry loses the rest of it without an error."
        + (f" {why_not}" if why_not else ""),
        "read the variable outside workers only and say so in the Celery configuration "
        f"({EVIDENCE} = True; runbook: drain), or have others drain: --drain-dynos, "
        "or, if the app has none of these: --accept WORKERS_MAY_BE_EAGER",
    )
