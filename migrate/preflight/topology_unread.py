"""What is not read of the old broker cannot be made on the new one, and what is not readable stops the migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.report import Unreadable
from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def topology_unread(facts: Facts) -> Finding | None:
    """Given the facts, warn when exchanges, queues, bindings or policies of the old broker could not be read.

    Operator policies and limits come with a plan: that they cannot be read is no matter.
    """
    topology = facts.broker.topology
    if isinstance(facts.broker.queues, Unreadable):
        return None  # another check's matter
    if isinstance(topology, Unreadable):
        what, why = "What somebody made on the old broker beside Celery's own", topology.reason
        then = "If it stays so, the migration stops in save-topology, before the old add-on goes."
    elif found := [name for name in ("bindings", "policies") if name in topology.unread]:
        what, why = f"The old broker's {' and '.join(found)}", "; ".join(topology.unread[name] for name in found)
        then = "They will not be on the new broker."
    else:
        return None
    return Finding(
        "TOPOLOGY_UNREAD",
        Severity.WARN,
        f"{what} could not be read: {why}.",
        then,
        "look whether anything is needed that Celery does not make itself (runbook save-topology)",
    )
