"""The management API's counters, by queue and by connection, as a user of CloudAMQP's shared plans may read them.

The vhost's own sums are for administrators only. Delays of each source: docs/draining.md.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from migrate.brokers.report import BrokerUnreadable
from migrate.brokers.statistics import BrokerStatistics, BrokerTroubles, Client, QueueCounters, QueueRates
from migrate.clients.vhost_limits import vhost_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    Json = Mapping[str, Any]

_COUNTED: Final = ("publish", "deliver_get", "ack", "redeliver")
QUEUE_COLUMNS: Final = f"name,{','.join(f'message_stats.{name}' for name in _COUNTED)}"
RATE_COLUMNS: Final = "name,message_stats.publish_details.rate,message_stats.deliver_get_details.rate"
CHANNEL_COLUMNS: Final = "connection_details.name,consumer_count,messages_unacknowledged,message_stats.publish"
CONNECTION_COLUMNS: Final = "name,connected_at,client_properties,user_provided_name"


class _Use(Struct, frozen=True):
    published: int = 0
    consumers: int = 0
    unacknowledged: int = 0
    channels: int = 0


def statistics(
    queues: Sequence[Json], channels: Sequence[Json], connections: Sequence[Json], now: datetime
) -> BrokerStatistics:
    """Given three listings and the server's own time, return what they say; raises BrokerUnreadable."""
    uses: dict[str, _Use] = defaultdict(_Use)
    try:
        for channel in channels:
            name = channel["connection_details"]["name"]
            uses[name] = _more(uses[name], channel)
        clients = tuple(_client(item, uses[item["name"]], now) for item in connections)
        return BrokerStatistics(tuple(map(_counters, queues)), clients)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokerUnreadable(f"statistics of an unknown shape ({type(error).__name__})") from None


def rates(queues: Sequence[Json]) -> dict[str, QueueRates]:
    """Given a listing with RATE_COLUMNS, return the rates by queue; raises BrokerUnreadable."""
    try:
        return {str(item["name"]): _rates(item.get("message_stats") or {}) for item in queues}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokerUnreadable(f"rates of an unknown shape ({type(error).__name__})") from None


def _rates(stats: Json) -> QueueRates:
    published, delivered = (
        None if (found := stats.get(f"{name}_details")) is None else float(found["rate"])
        for name in ("publish", "deliver_get")
    )
    return QueueRates(published, delivered)


def troubles(read: Callable[[str], Any], vhost_part: str) -> BrokerTroubles:
    """Given what reads a path, return limits and alarms; what is forbidden or unknown to the server is None."""
    limit = _or_none(lambda: vhost_limits(read(f"/api/vhost-limits/{vhost_part}")).connections)
    connections = _or_none(lambda: len(read(f"/api/vhosts/{vhost_part}/connections?columns=name")))
    return BrokerTroubles(connections, limit, _alarms(read))


def _alarms(read: Callable[[str], Any]) -> tuple[str, ...] | None:
    # 200 with status ok, or 503 with a list; the same shape on RabbitMQ 3.8 and later.
    answer = _or_none(lambda: read("/api/health/checks/alarms"))
    if not isinstance(answer, dict):
        return None
    found = answer.get("alarms")
    if isinstance(found, list):
        return tuple(sorted({str(item.get("resource", "unknown")) for item in found if isinstance(item, dict)}))
    return () if answer.get("status") == "ok" else None


def _or_none(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (BrokerUnreadable, KeyError, IndexError, TypeError):
        return None


def _more(use: _Use, channel: Json) -> _Use:
    # A channel has no statistics until it has lived for one interval: nothing counted is nothing done yet.
    published = (channel.get("message_stats") or {}).get("publish") or 0
    return _Use(
        use.published + int(published),
        use.consumers + int(channel.get("consumer_count") or 0),
        use.unacknowledged + int(channel.get("messages_unacknowledged") or 0),
        use.channels + 1,
    )


def _counters(item: Json) -> QueueCounters:
    counted = item.get("message_stats") or {}
    published, delivered, acknowledged, redelivered = (int(counted.get(name) or 0) for name in _COUNTED)
    return QueueCounters(
        name=str(item["name"]),
        published=published,
        delivered=delivered,
        acknowledged=acknowledged,
        redelivered=redelivered,
    )


def _client(item: Json, use: _Use, now: datetime) -> Client:
    opened, properties = item.get("connected_at"), item.get("client_properties") or {}
    named = item.get("user_provided_name") or properties.get("connection_name")
    product = " ".join(str(properties[key]) for key in ("product", "product_version") if key in properties)
    return Client(
        name=str(item["name"]),
        software=str(named or product or "unknown client"),
        age=None if not opened else now.timestamp() - opened / 1000,
        published=use.published,
        consumers=use.consumers,
        unacknowledged=use.unacknowledged,
        channels=use.channels,
    )
