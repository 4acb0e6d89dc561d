"""A queue that workers consume has tasks in it: to ignore it is to lose them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.brokers.queues import IGNORED
from migrate.brokers.report import Unreadable
from migrate.preflight.finding import Finding, Severity
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.facts import Facts

IN_USE: Final = "IGNORED_IN_USE"


def ignored_in_use(facts: Facts) -> Finding | None:
    """Given the facts, ask when an ignored queue has consumers."""
    broker = facts.broker
    nodes = () if isinstance(broker.workers, Unreadable) else broker.workers.nodes
    consumers = () if isinstance(broker.consumers, Unreadable) else broker.consumers
    consumed = {queue for node in nodes for queue in node.queues} | {item.queue for item in consumers}
    names = sorted(name for name in consumed if broker.sorting.kind_by_name(name) == IGNORED)
    if not names:
        return None
    return Finding(
        "IGNORED_IN_USE",
        Severity.ASK,
        f"Queues that are to be ignored have consumers: {listed(names)}.",
        "So tasks are sent there. Those that are left in the end are lost with the old broker.",
        "--ignore-queue with a narrower pattern, or without these",
    )
