"""One queue as the management API lists it: counted, or not usable."""

from __future__ import annotations

from typing import Any, Final

from migrate.brokers.report import BrokerUnreadable, QueueCount

_CACHED: Final = frozenset(
    {
        "backing_queue_status",
        "consumers",
        "consumer_utilisation",
        "garbage_collection",
        "idle_since",
        "memory",
        "message_stats",
        "messages_details",
        "messages_ready_details",
        "reductions",
    }
)
"""Fields that come from the statistics database: RabbitMQ leaves them out in totals mode, LavinMQ never does."""


def is_from_a_cache(item: dict[str, Any]) -> bool:
    """Given a listed queue, say whether it comes with statistics, and so from a cache of them."""
    return not _CACHED.isdisjoint(item)


def queue_count(item: dict[str, Any]) -> QueueCount:
    """Given a listed queue, return its counts; raises BrokerUnreadable where one is missing or is no count."""
    name = item.get("name")
    if not isinstance(name, str):
        raise BrokerUnreadable("a queue without a name")
    ready, unacknowledged = item.get("messages_ready"), item.get("messages_unacknowledged")
    if not is_count(ready) or not is_count(unacknowledged):
        # A queue made a moment ago has no counts in the cached listing: unknown, not zero.
        raise BrokerUnreadable(f"queue {name} has no counts")
    counted = int(ready or 0) + int(unacknowledged or 0)
    return QueueCount(
        name=name,
        ready=int(ready or 0),
        unacknowledged=int(unacknowledged or 0),
        type=_text(item, "type"),
        state=_text(item, "state"),
        delayed=_delayed(name, item, counted),
        auto_delete=item.get("auto_delete") is True,
        exclusive=item.get("exclusive") is True,
        arguments=item["arguments"] if isinstance(item.get("arguments"), dict) else {},
    )


def _text(item: dict[str, Any], field: str) -> str:
    # An unknown type may lag, and an unknown state makes the counts worthless: neither is assumed to be the best.
    value = item.get(field)
    return value if isinstance(value, str) and value else "unknown"


def is_count(value: object) -> bool:
    """Given what stands in the place of a count, say whether it is one."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _delayed(name: str, item: dict[str, Any], counted: int) -> int:
    # https://github.com/rabbitmq/rabbitmq-server/blob/main/deps/rabbit/src/rabbit_quorum_queue.erl
    total, delayed = item.get("messages", counted), item.get("messages_delayed", 0)
    if not is_count(total) or not is_count(delayed):
        raise BrokerUnreadable(f"queue {name} has no counts")
    return max(int(total) - counted, int(delayed), 0)
