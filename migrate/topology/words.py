"""A topology in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.topology.shapes import Exchange, Policy, Queue
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.topology.shapes import Binding, Topology

NOTHING = "nothing beyond what Celery makes for itself"


def contents(topology: Topology) -> str:
    """Given what there is beyond Celery's own, return it as a list; of many only the first."""
    return listed([describe(item) for item in topology.things]) or NOTHING


def describe(item: Exchange | Queue | Policy | Binding) -> str:
    """Given a thing of a vhost, return what to call it."""
    if isinstance(item, Policy):
        return f"policy {item.name} ({item.applies_to} {item.pattern}: {_arguments(item.definition)})"
    if isinstance(item, Exchange):
        return f"exchange {item.name} ({item.kind})"
    if isinstance(item, Queue):
        declared = _arguments(item.arguments)
        return f"queue {item.name}{f' ({declared})' if declared else ''}"
    key = f" by {item.routing_key}" if item.routing_key else ""
    return f"binding {item.source} to {item.destination}{key}"


def unread(topology: Topology) -> str:
    """Given a reading, say what this user may not read; empty where it was everything."""
    if not topology.unread:
        return ""
    return f"not read: {', '.join(f'{what} ({why})' for what, why in topology.unread.items())}"


def by_the_plan(topology: Topology) -> str:
    """Given a reading, say what CloudAMQP has set, which nobody can copy; empty where that is nothing."""
    limits = [f"{name} {value}" for name, value in topology.limits.items()]
    policies = [f"operator policy {name}" for name in topology.operator_policies]
    return f"set by CloudAMQP, and not copied: {listed([*limits, *policies])}" if limits or policies else ""


def _arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in arguments.items())
