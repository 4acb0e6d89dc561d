"""Messages that wait in an exchange are on no queue: the plugin rabbitmq_delayed_message_exchange keeps them.

It counts them per node, so a cluster tells only of those on the node that answers.
https://github.com/rabbitmq/rabbitmq-delayed-message-exchange
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.report import Unreadable
from migrate.preflight.finding import Finding, Severity
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.facts import Facts


def delayed_exchange(facts: Facts) -> Finding | None:
    """Given the facts, ask when exchanges hold messages back."""
    inventory = facts.broker.inventory
    if isinstance(inventory, Unreadable) or not inventory.delayed:
        return None
    names = listed([f"{name} ({count})" for name, count in sorted(inventory.delayed.items())])
    return Finding(
        "DELAYED_EXCHANGE",
        Severity.ASK,
        f"Exchanges hold messages back for later: {names}.",
        "They count as work. But in a cluster only those are counted that are on the node that answers, "
        "so others would be lost with the broker.",
        "accept it where the broker is a single node, or where nothing is delayed for longer than the drain lasts",
    )
