"""RabbitMQ's management HTTP API, for one vhost.

Shapes and delays: https://www.rabbitmq.com/docs/management and, measured, docs/draining.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.auth import HTTPBasicAuth

from migrate.broker_report import BrokerUnreadable, Consumer, QueueCount, QueueReport

if TYPE_CHECKING:
    from migrate.broker_address import BrokerAddress

_TIME_LIMITS: Final = (5.0, 15.0)
_UNAUTHORIZED: Final = 401
_LIVE_TOTALS: Final = "disable_stats=true&enable_queue_totals=true"


@dataclass
class RabbitMQ:
    """Reads one vhost through the management API; writes nothing."""

    address: BrokerAddress
    base_url: str
    """``https://HOST`` on CloudAMQP, ``http://127.0.0.1:15672`` on a local broker."""
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        # An explicit auth keeps requests from reading netrc, and no password stands in any URL.
        self.session.auth = HTTPBasicAuth(self.address.user.encode(), self.address.password.reveal().encode())

    def version(self) -> str:
        """Return the server's version, such as ``3.10.8``; raises BrokerUnreadable."""
        body = self._read("/api/overview")
        if not isinstance(body, dict):
            raise BrokerUnreadable("the overview is not an object")
        return str(body.get("rabbitmq_version") or body.get("lavinmq_version") or "unknown")

    def queues(self) -> QueueReport:
        """Return ready and unacknowledged of every queue, asked of the queue processes themselves.

        The plain listing is a cache that says 0 for seconds after a publish. In totals mode the counts
        are live and the cached fields (``consumers``, ``message_stats``) are absent; a server that ignores
        the parameters still sends them, which is how the fallback is told. Raises BrokerUnreadable.
        """
        items = self._read_list(f"/api/queues/{self.address.vhost_part}?{_LIVE_TOTALS}")
        live = not any("consumers" in item or "message_stats" in item for item in items)
        return QueueReport(tuple(_queue_count(item) for item in items), live=live)

    def consumers(self) -> tuple[Consumer, ...]:
        """Return every consumer of the vhost; raises BrokerUnreadable.

        One that went is gone within about 0.3 s, a new one is listed up to 5 s late, with its channel's
        first statistics (measured: docs/draining.md).
        """
        items = self._read_list(f"/api/consumers/{self.address.vhost_part}")
        try:
            return tuple(
                Consumer(item["queue"]["name"], item["channel_details"]["connection_name"]) for item in items
            )
        except (KeyError, TypeError) as error:
            raise BrokerUnreadable(f"a consumer without {error}") from None

    def _read_list(self, path: str) -> list[dict[str, Any]]:
        body = self._read(path)
        if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
            raise BrokerUnreadable("the reply is not a list of objects")
        return body

    def _read(self, path: str) -> Any:
        try:
            reply = self.session.get(self.base_url + path, timeout=_TIME_LIMITS, allow_redirects=False)
        except requests.RequestException as error:
            raise BrokerUnreadable(f"no answer from the management API ({type(error).__name__})") from None
        if reply.status_code == _UNAUTHORIZED:
            raise BrokerUnreadable("the management API answered 401: wrong credentials, or no access to the vhost")
        if not reply.ok or reply.is_redirect:
            raise BrokerUnreadable(f"the management API answered HTTP {reply.status_code}")
        try:
            return reply.json()
        except json.JSONDecodeError:
            raise BrokerUnreadable("the management API did not answer JSON") from None


def _queue_count(item: dict[str, Any]) -> QueueCount:
    name = item.get("name")
    ready, unacknowledged = item.get("messages_ready"), item.get("messages_unacknowledged")
    if not isinstance(name, str):
        raise BrokerUnreadable("a queue without a name")
    if not _is_count(ready) or not _is_count(unacknowledged):
        # A queue made a moment ago has no counts in the cached listing: unknown, not zero.
        raise BrokerUnreadable(f"queue {name} has no counts")
    return QueueCount(
        name=name,
        ready=int(ready or 0),
        unacknowledged=int(unacknowledged or 0),
        type=str(item.get("type") or "classic"),
        state=str(item.get("state") or "running"),
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
