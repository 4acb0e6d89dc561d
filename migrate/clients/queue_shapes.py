"""How a queue and what it is bound to were made, as the management API tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from migrate.brokers.report import Binding, BrokerUnreadable, QueueShape

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.brokers.address import BrokerAddress


def path_in(address: BrokerAddress, kind: str, *parts: str) -> str:
    """Given a vhost and the parts of a path in it, return the path: ``/api/queues/VHOST/NAME/bindings``."""
    return "/".join(("/api", kind, address.vhost_part, *(quote(part, safe="") for part in parts)))


def read_shape(read: Callable[..., Any], queue: str) -> QueueShape:
    """Given what reads a path by its parts, and a queue's name, return how the queue was made.

    Raises BrokerUnreadable.
    """
    try:
        found = read("queues", queue)
        bound = [item for item in read("queues", queue, "bindings") if item["source"]]
        exchanges = {name: read("exchanges", name) for name in {item["source"] for item in bound}}
        return QueueShape(
            durable=bool(found["durable"]),
            auto_delete=bool(found["auto_delete"]),
            arguments=dict(found["arguments"]),
            bindings=tuple(_binding(item, exchanges[item["source"]]) for item in bound),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BrokerUnreadable(f"queue {queue} is described in an unknown shape ({error})") from None


def _binding(item: dict[str, Any], exchange: dict[str, Any]) -> Binding:
    return Binding(
        exchange=str(item["source"]),
        kind=str(exchange["type"]),
        durable=bool(exchange["durable"]),
        auto_delete=bool(exchange["auto_delete"]),
        exchange_arguments=dict(exchange["arguments"]),
        routing_key=str(item["routing_key"]),
        arguments=dict(item["arguments"]),
    )
