"""The limits of a vhost, which is how CloudAMQP limits its shared plans: read live, where that is allowed.

https://www.rabbitmq.com/docs/vhosts#limits
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from migrate.brokers.report import BrokerUnreadable
from migrate.brokers.statistics import VhostLimits

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONNECTIONS, _QUEUES = "max-connections", "max-queues"
_STRANGE: Final = "the limits of the vhost have an unknown shape"


def vhost_limits(body: object) -> VhostLimits:
    """Given the answer to vhost-limits, return what it says; raises BrokerUnreadable for another shape.

    An empty list is no limit at all; so is a limit below 0.
    """
    if not isinstance(body, list) or len(body) > 1:
        raise BrokerUnreadable(_STRANGE)
    if not body:
        return VhostLimits(None, None)
    value = body[0].get("value") if isinstance(body[0], dict) else None
    if not isinstance(value, dict):
        raise BrokerUnreadable(_STRANGE)
    return VhostLimits(_limit(value, _CONNECTIONS), _limit(value, _QUEUES))


def _limit(value: Mapping[str, Any], name: str) -> int | None:
    found = value.get(name)
    if found is not None and (not isinstance(found, int) or isinstance(found, bool)):
        raise BrokerUnreadable(_STRANGE)
    return None if found is None or found < 0 else int(found)
