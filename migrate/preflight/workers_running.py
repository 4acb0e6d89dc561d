"""Somebody drains: messages without a consumer never go away by themselves."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from migrate.brokers.report import Unreadable
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
    if not orphans or facts.scale_up:
        return None
    names = listed([f"{queue.name} ({queue.messages})" for queue in orphans])
    dead = [queue.name for queue in orphans if queue.name in broker.dead_letters]
    why = "They would never become empty, and the old broker is not removed before they are."
    return Finding(
        "NO_CONSUMER",
        Severity.REFUSE,
        f"Queues with messages and no consumer: {names}.",
        f"{why} Other queues send their dead letters to {listed(dead)}." if dead else why,
        f"heroku ps --app {facts.app.name}    (start the workers that consume them{_offer(facts)}, purge the queue, "
        "take all of it along: --leftovers carry, or give it up: "
        f"--ignore-queue {shlex.quote((dead or [orphans[0].name])[0])})",
    )


def _offer(facts: Facts) -> str:
    at_0 = [name for name, count in facts.worker_dynos.items() if not count]
    return f", for the migration alone by {' '.join(f'--scale-up {name}=1' for name in at_0)}" if at_0 else ""
