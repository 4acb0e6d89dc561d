"""What a vhost is made of, read and made again through the management API.

Only what a user of CloudAMQP's shared plans may do, tagged management and policymaker: the definitions are refused
there. https://www.rabbitmq.com/docs/management#permissions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import requests
from msgspec import Struct

from migrate.brokers.report import BrokerRefused, BrokerUnreadable
from migrate.clients.pages import PAGE_SIZE, all_pages, objects
from migrate.clients.queue_shapes import path_in
from migrate.topology.shapes import Binding, Exchange, Policy, Queue, Topology

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.brokers.address import BrokerAddress

    Json = Mapping[str, Any]

T = TypeVar("T")
_FORBIDDEN: Final = frozenset({401, 403, 404})
_MAY_BE_FORBIDDEN: Final = frozenset({"policies", "operator-policies", "vhost-limits"})
"""What a user may be kept from, or a server may not know. Whoever counts queues may list all the rest: if that is
refused it is trouble, as CloudAMQP's passing 401. https://github.com/cyrilgdn/terraform-provider-rabbitmq/issues/46"""
_REFUSED: Final = frozenset({400, 401, 403, 404, 405, 406, 409})
_REDIRECTS: Final = 300
"""From this status on nothing was done."""
_CUT_OFF: Final = 10_000
"""LavinMQ cuts an unpaged listing off here and does not say so."""


class _NotTold(Exception):
    """This user may not read that, or the server does not tell all of it."""


class RabbitMQTopology(Struct, frozen=True):
    """Reads and makes the exchanges, queues, bindings and policies of one vhost."""

    address: BrokerAddress
    base_url: str
    session: requests.Session
    """With the credentials in it."""
    time_limits: tuple[float, float] = (5.0, 15.0)
    """Seconds to connect, and seconds without a byte."""

    def read(self) -> Topology:
        """Return all of it; what this user may not read is named as unread. Raises BrokerUnreadable."""
        unread: dict[str, str] = {}

        def part(name: str, kind: str, read: Callable[[Json], T]) -> tuple[T, ...]:
            try:
                return tuple(map(read, self._listing(kind)))
            except _NotTold as error:
                unread[name] = str(error)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise BrokerUnreadable(f"{name} of an unknown shape ({type(error).__name__})") from None
            return ()

        limits: dict[str, int] = {}
        for found in part("limits", "vhost-limits", lambda item: dict(item["value"])):
            limits |= found
        return Topology(
            exchanges=part("exchanges", "exchanges", _exchange),
            queues=part("queues", "queues", _queue),
            bindings=part("bindings", "bindings", _binding),
            policies=part("policies", "policies", _policy),
            operator_policies=part("operator policies", "operator-policies", lambda item: str(item["name"])),
            limits=limits,
            unread=unread,
        )

    def make(self, thing: Exchange | Queue | Binding | Policy) -> None:
        """Make one thing; an exchange, queue or binding that is there like that stays, a policy is replaced.

        Raises BrokerRefused with the broker's words, BrokerUnreadable.
        """
        if isinstance(thing, Exchange):
            self._send("PUT", ("exchanges", thing.name), _exchange_body(thing))
        elif isinstance(thing, Queue):
            made = {"durable": thing.durable, "auto_delete": thing.auto_delete}
            self._send("PUT", ("queues", thing.name), {**made, "arguments": dict(thing.arguments)})
        elif isinstance(thing, Policy):
            self._send("PUT", ("policies", thing.name), _policy_body(thing))
        else:
            to = "q" if thing.to == "queue" else "e"
            body = {"routing_key": thing.routing_key, "arguments": dict(thing.arguments)}
            self._send("POST", ("bindings", "e", thing.source, to, thing.destination), body)

    def _listing(self, kind: str) -> list[dict[str, Any]]:
        path = f"{path_in(self.address, kind)}?disable_stats=true"
        body = self._get(path, may_be_forbidden=kind in _MAY_BE_FORBIDDEN)
        if kind == "bindings" and len(body) >= _CUT_OFF:
            raise _NotTold(f"{len(body)} or more: LavinMQ lists no more of them, and pages have none")
        if isinstance(body, dict) or (isinstance(body, list) and len(body) >= _CUT_OFF):
            return all_pages(lambda page: self._get(f"{path}&page={page}&page_size={PAGE_SIZE}"))
        return objects(body)

    def _get(self, path: str, *, may_be_forbidden: bool = False) -> Any:
        reply = self._reply("GET", path)
        if may_be_forbidden and reply.status_code in _FORBIDDEN:
            raise _NotTold(f"HTTP {reply.status_code}")
        if reply.status_code >= _REDIRECTS:
            raise BrokerUnreadable(f"the management API answered HTTP {reply.status_code}")
        try:
            return reply.json()
        except (ValueError, RecursionError):
            raise BrokerUnreadable("the management API did not answer JSON") from None

    def _send(self, method: str, parts: tuple[str, ...], body: Json) -> None:
        kind, *names = parts
        reply = self._reply(method, path_in(self.address, kind, *names), body)
        if reply.status_code in _REFUSED:
            raise BrokerRefused(f"HTTP {reply.status_code}, {_reason(reply)}")
        if reply.status_code >= _REDIRECTS:
            raise BrokerUnreadable(f"the management API answered HTTP {reply.status_code}")

    def _reply(self, method: str, path: str, body: Json | None = None) -> requests.Response:
        try:
            return self.session.request(
                method, self.base_url + path, json=body, timeout=self.time_limits, allow_redirects=False
            )
        except requests.RequestException as error:
            raise BrokerUnreadable(f"no answer from the management API ({type(error).__name__})") from None


def _reason(reply: requests.Response) -> str:
    try:
        body = reply.json()
    except (ValueError, RecursionError):
        body = None
    said = body.get("reason") if isinstance(body, dict) else None
    return str(said) if said else "without a reason"


def _exchange_body(exchange: Exchange) -> Json:
    made = {"durable": exchange.durable, "auto_delete": exchange.auto_delete, "internal": exchange.internal}
    return {"type": exchange.kind, **made, "arguments": dict(exchange.arguments)}


def _policy_body(policy: Policy) -> Json:
    rule = {"pattern": policy.pattern, "apply-to": policy.applies_to, "priority": policy.priority}
    return {**rule, "definition": dict(policy.definition)}


def _exchange(item: Json) -> Exchange:
    return Exchange(
        name=_text(item, "name"),
        kind=_text(item, "type"),
        durable=_flag(item, "durable"),
        auto_delete=_flag(item, "auto_delete"),
        internal=item.get("internal") is True,
        arguments=dict(item["arguments"]),
    )


def _queue(item: Json) -> Queue:
    return Queue(
        name=_text(item, "name"),
        durable=_flag(item, "durable"),
        auto_delete=_flag(item, "auto_delete"),
        exclusive=item.get("exclusive") is True,
        arguments=dict(item["arguments"]),
    )


def _binding(item: Json) -> Binding:
    to = _text(item, "destination_type")
    if to not in {"queue", "exchange"}:
        raise ValueError(to)
    return Binding(
        source=_text(item, "source"),
        to=to,
        destination=_text(item, "destination"),
        routing_key=_text(item, "routing_key"),
        arguments=dict(item["arguments"]),
    )


def _policy(item: Json) -> Policy:
    return Policy(
        name=_text(item, "name"),
        pattern=_text(item, "pattern"),
        applies_to=_text(item, "apply-to"),
        priority=int(item["priority"]),
        definition=dict(item["definition"]),
    )


def _text(item: Json, field: str) -> str:
    value = item[field]
    if not isinstance(value, str):
        raise TypeError(field)
    return value


def _flag(item: Json, field: str) -> bool:
    value = item[field]
    if not isinstance(value, bool):
        raise TypeError(field)
    return value
