"""Every worker answers remote control: a restart kills what a silent one is running.

Heroku sends SIGTERM to every process of a dyno, prefork children included, so a running task dies with its
child. https://devcenter.heroku.com/articles/dyno-shutdown-behavior
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.report import Unreadable
from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def workers_answer(facts: Facts) -> Finding | None:
    """Given the facts, ask for consent when fewer workers answer, or can be waited for, than there must be."""
    workers = facts.broker.workers
    answered = 0 if isinstance(workers, Unreadable) else len(workers.nodes)
    if answered + len(facts.broker.unheard) >= facts.expected_workers:
        return None
    reason = f" ({workers.reason})" if isinstance(workers, Unreadable) else ""
    unacknowledged = sum(queue.unacknowledged for queue in facts.broker.work)
    return Finding(
        "WORKERS_SILENT",
        Severity.ASK,
        f"{answered} of {facts.expected_workers} Celery workers answer remote control{reason}.",
        "The others cannot be asked to finish before a restart, nor what they run. That is killed: with early "
        f"acknowledgement it is lost, and no broker knows of it. Unacknowledged messages ({unacknowledged} now) go "
        "back to their queues by themselves.",
        "check worker_enable_remote_control and `heroku ps`, or accept the loss: --accept WORKERS_SILENT",
    )
