"""The management API and the workers are those of one broker.

Where the API is given by hand it may be that of another: it would be empty while this one is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.queues import mailbox
from migrate.brokers.report import Unreadable
from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def same_broker(facts: Facts) -> Finding | None:
    """Given the facts, refuse when workers answer and the API shows the mailbox of none of them."""
    broker = facts.broker
    if isinstance(broker.inventory, Unreadable) or isinstance(broker.workers, Unreadable):
        return None
    mailboxes = {mailbox(node.name) for node in broker.workers.nodes}
    if not mailboxes or mailboxes & broker.inventory.queues:
        return None
    return Finding(
        "OTHER_BROKER",
        Severity.REFUSE,
        "The management API is that of another broker than the one the workers are connected to.",
        "Workers answer through the app's broker, and the API shows the mailbox of none of them.",
        "leave --rabbitmq-api and MIGRATE_RABBITMQ_API out, or correct them",
    )
