"""What is in ignored queues goes with the broker; that must be said with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.report import Unreadable
from migrate.preflight.finding import Finding, Severity
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.facts import Facts


def ignored_queues(facts: Facts) -> Finding | None:
    """Given the facts, say what would be lost by ignoring the queues that the operator has named."""
    broker = facts.broker
    if isinstance(broker.queues, Unreadable):
        return None
    holding = broker.sorting.ignored(broker.queues)
    if not holding:
        return None
    total = sum(queue.messages for queue in holding)
    return Finding(
        "IGNORED_QUEUES",
        Severity.WARN,
        f"Ignored queues hold {total} messages: {listed([f'{queue.name} ({queue.messages})' for queue in holding])}.",
        "They are deleted with the old broker.",
        "read them first if anybody may ask for them; how many there are is said once more before the removal",
    )
