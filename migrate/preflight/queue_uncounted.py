"""Every work queue is counted: RabbitMQ leaves one whose process has crashed out of its totals, messages and all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.report import Unreadable
from migrate.preflight.finding import Finding, Severity
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.facts import Facts


def queue_uncounted(facts: Facts) -> Finding | None:
    """Given the facts, refuse when a work queue exists of which the broker gives no counts."""
    broker = facts.broker
    if isinstance(broker.queues, Unreadable) or isinstance(broker.inventory, Unreadable):
        return None
    missing = broker.sorting.uncounted(broker.queues, broker.inventory)
    if not missing:
        return None
    return Finding(
        "QUEUE_UNCOUNTED",
        Severity.REFUSE,
        f"The broker lists queues without counts: {listed(list(missing))}.",
        "Their process has crashed, or their node is away. What is in them cannot be known, so they are never empty.",
        "run this again in a minute; if it stays so, restart the broker in CloudAMQP's console",
    )
