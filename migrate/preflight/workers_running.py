"""Somebody drains: messages without a consumer never go away by themselves."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from migrate.broker_report import Unreadable
from migrate.preflight.finding import Finding, Severity
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.facts import Facts


def workers_running(facts: Facts) -> Finding | None:
    """Given the facts, refuse when a work queue holds messages and nobody consumes it."""
    broker = facts.broker
    if isinstance(broker.queues, Unreadable):
        return None
    if isinstance(broker.consumers, Unreadable) and isinstance(broker.workers, Unreadable):
        return None
    orphans = [queue for queue in broker.work if queue.messages and queue.name not in broker.consumed_queues]
    if not orphans:
        return None
    names = listed([f"{queue.name} ({queue.messages})" for queue in orphans])
    dead = [queue.name for queue in orphans if queue.name in broker.dead_letters]
    why = "They would never become empty, and the old broker is not removed before they are."
    return Finding(
        "NO_CONSUMER",
        Severity.REFUSE,
        f"Queues with messages and no consumer: {names}.",
        f"{why} Other queues send their dead letters to {listed(dead)}." if dead else why,
        f"heroku ps --app {facts.app.name}    (start the workers that consume them, purge the queue, or give up what "
        f"is in it: --ignore-queue {shlex.quote((dead or [orphans[0].name])[0])})",
    )
