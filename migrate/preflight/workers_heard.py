"""Workers that are connected and silent, as a solo pool is while it runs a task, can be waited for.

https://docs.celeryq.dev/en/stable/userguide/concurrency/index.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.facts import Facts


def workers_heard(facts: Facts) -> Finding | None:
    """Given the facts, name the workers that have a mailbox on the broker and do not answer."""
    silent = facts.broker.unheard
    if not silent:
        return None
    names = listed([f"{worker.name} ({listed(worker.queues) or 'queues unknown'})" for worker in silent])
    return Finding(
        "WORKERS_UNHEARD",
        Severity.WARN,
        f"Workers are connected and do not answer now: {names}.",
        "A solo pool is silent while it runs a task. They are waited for before the first restart, as long as "
        "--quiesce-timeout says. What they run is not known until then.",
        f"heroku logs --app {facts.app.name}    (does it work? A restart of one that is stuck kills what it runs)",
    )
