"""RabbitMQ's management HTTP API, for one vhost.

Shapes and delays: https://www.rabbitmq.com/docs/management and, measured, docs/draining.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import requests
from requests.auth import HTTPBasicAuth

from migrate.brokers.queues import delay_level
from migrate.brokers.report import BrokerUnreadable, Consumer, Inventory, QueueReport
from migrate.clients.pages import PAGE_SIZE, all_pages, objects
from migrate.clients.queue_counts import is_count, is_from_a_cache, queue_count
from migrate.clients.queue_shapes import path_in, read_shape
from migrate.clients.rabbitmq_statistics import (
    CHANNEL_COLUMNS,
    CONNECTION_COLUMNS,
    QUEUE_COLUMNS,
    RATE_COLUMNS,
    rates,
    statistics,
    troubles,
)
from migrate.clients.rabbitmq_traffic import COLUMNS, refuse_without_statistics, traffic
from migrate.clients.vhost_limits import vhost_limits

if TYPE_CHECKING:
    from datetime import datetime

    from migrate.brokers.address import BrokerAddress
    from migrate.brokers.report import QueueShape
    from migrate.brokers.statistics import BrokerStatistics, BrokerTroubles, QueueRates, VhostLimits
    from migrate.brokers.traffic import Traffic

_UNAUTHORIZED: Final = 401
_UNHEALTHY: Final = 503
_LIVE_TOTALS: Final = "disable_stats=true&enable_queue_totals=true"
_CUT_OFF: Final = 10_000
"""LavinMQ cuts an unpaged listing off here and does not say so.

https://github.com/cloudamqp/lavinmq/blob/main/src/lavinmq/http/controller.cr
"""


@dataclass
class RabbitMQ:
    """Reads one vhost through the management API; writes nothing."""

    address: BrokerAddress
    base_url: str
    """``https://HOST`` on CloudAMQP, ``http://127.0.0.1:15672`` on a local broker."""
    session: requests.Session = field(default_factory=requests.Session)
    time_limits: tuple[float, float] = (5.0, 15.0)
    """Seconds to connect, and seconds without a byte."""

    def __post_init__(self) -> None:
        # An explicit auth keeps requests from reading netrc, and no password stands in any URL.
        self.session.auth = HTTPBasicAuth(self.address.user.encode(), self.address.password.reveal().encode())

    def version(self) -> str:
        """Return the server's version, such as ``3.10.8`` or ``LavinMQ 2.4.0``; raises BrokerUnreadable."""
        body = self._read("/api/overview")
        if not isinstance(body, dict):
            raise BrokerUnreadable("the overview is not an object")
        if other := body.get("lavinmq_version"):
            return f"LavinMQ {other}"
        return str(body.get("rabbitmq_version") or "unknown")

    def queues(self) -> QueueReport:
        """Return what is in every queue, asked of the queue processes themselves; raises BrokerUnreadable.

        The plain listing is a cache that says 0 for seconds after a publish. In totals mode the counts
        are live and the cached fields are absent; a server that ignores the parameters still sends them,
        which is how the fallback is told. An empty list does not show what it is, so it counts as cached.
        A queue whose process has crashed is missing here: see ``inventory``.
        """
        body = self._read(self._queues_path(_LIVE_TOTALS))
        paged = isinstance(body, dict)
        items = self._paged_queues(_LIVE_TOTALS) if paged else objects(body)
        live = bool(items) and not paged and not any(map(is_from_a_cache, items))
        if not live and not paged and len(items) >= _CUT_OFF:
            items = self._paged_queues(_LIVE_TOTALS)
        return QueueReport(tuple(map(queue_count, items)), live=live)

    def inventory(self, counted: QueueReport) -> Inventory:
        """Given a reading of the queues, return what there is beside the counts; raises BrokerUnreadable.

        Two cheap requests, for the moment in which all counts are zero: the register of queues, without
        counts, and what exchanges of the plugin rabbitmq_delayed_message_exchange hold back.
        """
        wanted = "disable_stats=true&columns=name"
        body = self._read(self._queues_path(wanted))
        in_pages = isinstance(body, dict) or (not counted.live and len(body) >= _CUT_OFF)
        items = self._paged_queues(wanted) if in_pages else objects(body)
        names = [item.get("name") for item in items]
        if not all(isinstance(name, str) for name in names):
            raise BrokerUnreadable("a queue without a name")
        return Inventory(frozenset(map(str, names)), self._delayed())

    def dead_letter_queues(self, report: QueueReport) -> frozenset[str]:
        """Given a reading of the queues, return those to which others send their dead letters.

        Only what the queues' own arguments say; a policy does not show here. Raises BrokerUnreadable.
        """
        found: set[str] = set()
        exchanges: set[str] = set()
        for queue in report.queues:
            exchange = queue.arguments.get("x-dead-letter-exchange")
            if exchange == "":
                found.add(str(queue.arguments.get("x-dead-letter-routing-key") or queue.name))
            elif isinstance(exchange, str) and delay_level(queue.name) is None:
                exchanges.add(exchange)
        for exchange in sorted(exchanges):
            part = quote(exchange, safe="")
            bindings = self._read(f"/api/exchanges/{self.address.vhost_part}/{part}/bindings/source")
            found |= {str(item.get("destination")) for item in objects(bindings)}
        return frozenset(found)

    def consumers(self) -> tuple[Consumer, ...]:
        """Return every consumer of the vhost; raises BrokerUnreadable.

        One that went is gone within about 0.3 s, a new one is listed up to 5 s late, with its channel's
        first statistics (measured: docs/draining.md).
        """
        items = objects(self._read(f"/api/consumers/{self.address.vhost_part}"))
        try:
            return tuple(
                Consumer(item["queue"]["name"], item["channel_details"]["connection_name"]) for item in items
            )
        except (KeyError, TypeError) as error:
            raise BrokerUnreadable(f"a consumer without {error}") from None

    def statistics(self) -> BrokerStatistics:
        """Return the counters of every queue and connection, up to 10 s late; raises BrokerUnreadable.

        Three requests whose cost grows with queues, channels and connections: not for every look.
        """
        vhost = self.address.vhost_part
        queues = objects(self._read(self._queues_path(f"columns={QUEUE_COLUMNS}")))
        channels = objects(self._read(f"/api/vhosts/{vhost}/channels?columns={CHANNEL_COLUMNS}"))
        reply = self._reply(f"/api/vhosts/{vhost}/connections?columns={CONNECTION_COLUMNS}")
        return statistics(queues, channels, objects(_json(reply)), _server_time(reply))

    def rates(self) -> dict[str, QueueRates]:
        """Return what goes through every queue a second, some seconds late; raises BrokerUnreadable."""
        return rates(objects(self._read(self._queues_path(RATE_COLUMNS))))

    def traffic(self) -> Traffic:
        """Return what has gone through the vhost, up to 10 s late; raises BrokerUnreadable.

        LavinMQ's sums of a vhost are those of the queues that are there, which is something else.
        https://github.com/cloudamqp/lavinmq/blob/main/src/lavinmq/vhost.cr (message_details)
        """
        overview = self._read("/api/overview")
        refuse_without_statistics(overview)
        vhosts = [] if "lavinmq_version" in overview else objects(self._read(f"/api/vhosts?{COLUMNS}"))
        exchanges = objects(self._read(f"/api/exchanges/{self.address.vhost_part}?{COLUMNS}"))
        queues = objects(self._read(self._queues_path(COLUMNS)))
        if not vhosts and len(queues) >= _CUT_OFF:
            raise BrokerUnreadable(f"more than {_CUT_OFF:,} queues, of which LavinMQ lists the first")
        return traffic(
            next((item for item in vhosts if item.get("name") == self.address.vhost), None), exchanges, queues
        )

    def troubles(self) -> BrokerTroubles:
        """Return what keeps the whole broker from working, each part as far as it may be read."""
        return troubles(lambda path: _json(self._reply(path, _UNHEALTHY)), self.address.vhost_part)

    def limits(self) -> VhostLimits:
        """Return what the broker allows the vhost; raises BrokerUnreadable, also where that may not be read."""
        return vhost_limits(self._read(f"/api/vhost-limits/{self.address.vhost_part}"))

    def shape(self, queue: str) -> QueueShape:
        """Given a queue's name, return how it was made; raises BrokerUnreadable."""
        return read_shape(lambda *parts: self._read(path_in(self.address, *parts)), queue)

    def _delayed(self) -> dict[str, int]:
        wanted = "disable_stats=true&columns=name,type,messages_delayed"
        exchanges = objects(self._read(f"/api/exchanges/{self.address.vhost_part}?{wanted}"))
        delayed: dict[str, int] = {}
        for exchange in exchanges:
            if exchange.get("type") == "x-delayed-message":
                count = exchange.get("messages_delayed")
                if not is_count(count):
                    raise BrokerUnreadable(f"exchange {exchange.get('name')} does not say how much it delays")
                delayed[str(exchange.get("name"))] = int(count or 0)
        return delayed

    def _queues_path(self, wanted: str) -> str:
        return f"/api/queues/{self.address.vhost_part}?{wanted}"

    def _paged_queues(self, wanted: str) -> list[dict[str, Any]]:
        path = self._queues_path(wanted)
        return all_pages(lambda page: self._read(f"{path}&page={page}&page_size={PAGE_SIZE}"))

    def _read(self, path: str) -> Any:
        return _json(self._reply(path))

    def _reply(self, path: str, also: int | None = None) -> requests.Response:
        try:
            reply = self.session.get(self.base_url + path, timeout=self.time_limits, allow_redirects=False)
        except requests.RequestException as error:
            raise BrokerUnreadable(f"no answer from the management API ({type(error).__name__})") from None
        if reply.status_code == _UNAUTHORIZED:
            raise BrokerUnreadable("the management API answered 401: wrong credentials, or no access to the vhost")
        if reply.status_code != also and (not reply.ok or reply.is_redirect):
            raise BrokerUnreadable(f"the management API answered HTTP {reply.status_code}")
        return reply


def _json(reply: requests.Response) -> Any:
    try:
        return reply.json()
    except (ValueError, RecursionError):
        raise BrokerUnreadable("the management API did not answer JSON") from None


def _server_time(reply: requests.Response) -> datetime:
    # An operator's clock may be minutes off, and an age is what tells an old dyno from a new one.
    try:
        return parsedate_to_datetime(reply.headers["Date"])
    except (KeyError, ValueError):
        raise BrokerUnreadable("the management API did not say what time it is") from None
