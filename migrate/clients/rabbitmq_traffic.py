"""What has gone through a vhost, from the management API's listings, as a user of a shared plan may read them.

Such a user sees the vhost in ``/api/vhosts``, though not by its name.
https://github.com/rabbitmq/rabbitmq-server/blob/main/deps/rabbitmq_management/src/rabbit_mgmt_wm_vhosts.erl
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from migrate.brokers.report import BrokerUnreadable
from migrate.brokers.traffic import Passed, Traffic
from migrate.clients.queue_counts import is_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Json = Mapping[str, Any]

COLUMNS: Final = "columns=name,message_stats"
"""LavinMQ knows no path into an object.

https://github.com/cloudamqp/lavinmq/blob/main/src/lavinmq/http/controller.cr
"""


def refuse_without_statistics(overview: Any) -> None:
    """Given the overview, raise BrokerUnreadable when the broker counts nothing: all would seem to be 0."""
    if not isinstance(overview, dict):
        raise BrokerUnreadable("the overview is not an object")
    if overview.get("disable_stats"):
        raise BrokerUnreadable("the broker keeps no statistics (management.disable_stats)")


def traffic(vhost: Json | None, exchanges: Sequence[Json], queues: Sequence[Json]) -> Traffic:
    """Given three listings, the vhost's own None where it only sums up its queues, return what they say.

    Raises BrokerUnreadable.
    """
    return Traffic(
        published=None if vhost is None else _count(vhost, "publish"),
        delivered=None if vhost is None else _count(vhost, "deliver_get"),
        exchanges={_name(item): _count(item, "publish_in") for item in exchanges},
        queues={_name(item): Passed(_count(item, "publish"), _count(item, "deliver_get")) for item in queues},
    )


def _name(item: Json) -> str:
    name = item.get("name")
    if not isinstance(name, str):
        raise BrokerUnreadable("a queue or an exchange without a name")
    return name


def _count(item: Json, what: str) -> int:
    # RabbitMQ leaves out what it has not counted yet: here that is 0, for statistics are known to be kept.
    counted = item.get("message_stats", {})
    count = counted.get(what, 0) if isinstance(counted, dict) else None
    if not is_count(count):
        raise BrokerUnreadable(f"{what} of {item.get('name') or 'the default exchange'} is no count")
    return int(count or 0)
