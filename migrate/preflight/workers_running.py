"""Somebody drains: messages without a consumer never go away by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.broker_report import Unreadable
from migrate.preflight.finding import Finding, Severity
from migrate.queues import work_queues

if TYPE_CHECKING:
    from migrate.facts import Facts


def workers_running(facts: Facts) -> Finding | None:
    """Given the facts, refuse when a work queue holds messages and nobody consumes it."""
    broker = facts.broker
    if isinstance(broker.queues, Unreadable):
        return None
    if isinstance(broker.consumers, Unreadable) and isinstance(broker.workers, Unreadable):
        return None
    orphans = [
        queue for queue in work_queues(broker.queues) if queue.messages and queue.name not in broker.consumed_queues
    ]
    if not orphans:
        return None
    names = ", ".join(f"{queue.name} ({queue.messages})" for queue in orphans)
    return Finding(
        "NO_CONSUMER",
        Severity.REFUSE,
        f"Queues with messages and no consumer: {names}.",
        "They would never become empty, and the old broker is not removed before they are.",
        f"heroku ps --app {facts.app.name}    (start the workers that consume them, or purge the queue)",
    )
