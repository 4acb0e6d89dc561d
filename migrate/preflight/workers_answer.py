"""Every worker answers remote control: a restart kills what a silent one is running.

Heroku sends SIGTERM to every process of a dyno, prefork children included, so a running task dies with its
child. https://devcenter.heroku.com/articles/dyno-shutdown-behavior
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.broker_report import Unreadable
from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def workers_answer(facts: Facts) -> Finding | None:
    """Given the facts, ask for consent when fewer workers answer than there must be."""
    workers = facts.broker.workers
    answered = 0 if isinstance(workers, Unreadable) else len(workers.nodes)
    if answered >= facts.expected_workers:
        return None
    reason = f" ({workers.reason})" if isinstance(workers, Unreadable) else ""
    return Finding(
        "WORKERS_SILENT",
        Severity.ASK,
        f"{answered} of {facts.expected_workers} Celery workers answer remote control{reason}.",
        "They cannot be asked to finish before a restart: tasks that they run or have taken with early "
        "acknowledgement would be killed, and no broker would know of them.",
        "check worker_enable_remote_control and `heroku ps`, or accept the loss: --accept WORKERS_SILENT",
    )
