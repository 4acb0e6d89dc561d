"""What there is in a vhost beyond what Celery makes for itself whenever it connects.

A thing that nobody recognises is kept: making it again does no harm, for it is made as it was.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from migrate.brokers.queues import delay_level, is_plumbing

if TYPE_CHECKING:
    from collections.abc import Collection

    from migrate.topology.shapes import Binding, Exchange, Queue, Topology

# https://github.com/celery/kombu/blob/main/kombu/pidbox.py
_MAILBOXES: Final = re.compile(r"\.pidbox$")
_EVENTS: Final = "celeryev"
# https://github.com/celery/kombu/blob/main/kombu/transport/native_delayed_delivery.py
_DELAYED: Final = re.compile(r"(?:^|_)celery_delayed_delivery$")
_ANY_TIME: Final = "#."
"""What kombu puts before the key of a queue that gets delayed tasks: their own keys hold the time."""
_OF_THE_SERVER: Final = "amq."
_FEDERATION: Final = "federation: "


def beyond_celery(found: Topology, consumed: Collection[str]) -> Topology:
    """Given a vhost and the work queues that workers consume, return what has to be made again by somebody else.

    Workers declare the queues that they consume, each with an exchange of its name, a binding between the two, and
    their plumbing. What a connection or a last consumer takes along when it goes is left out, as is what every
    broker has. A thing of Celery's stays in where one that is kept leads to it or comes from it.
    """
    vhost = _Vhost(found, frozenset(consumed))
    bindings = tuple(item for item in found.bindings if vhost.leads_somewhere(item) and not vhost.is_celerys(item))
    ends = {item.source for item in bindings} | {item.destination for item in bindings if item.to == "exchange"}
    bound = {item.destination for item in bindings if item.to == "queue"}
    celerys = {item.source for item in found.bindings if vhost.is_celerys(item)}
    return replace(
        found,
        exchanges=tuple(
            item
            for item in found.exchanges
            if not _is_given(item.name) and (item.name in ends or (_is_made(item) and item.name not in celerys))
        ),
        queues=tuple(
            item
            for item in found.queues
            if item.name in vhost.lasting and (item.name in bound or _is_kept(item, consumed))
        ),
        bindings=bindings,
    )


class _Vhost:
    """What decides whose a binding is."""

    def __init__(self, found: Topology, consumed: frozenset[str]) -> None:
        self.consumed = consumed
        self.exchanges = {item.name: item for item in found.exchanges}
        self.lasting = {queue.name for queue in found.queues if _stays(queue)}
        """Names of the queues that outlive their readers."""
        self.delayed = {b.destination for b in found.bindings if b.to == "exchange" and _DELAYED.search(b.source)}
        """Names of the exchanges that get tasks with an eta when they are due."""
        self.routes = {(item.source, item.destination, item.routing_key) for item in found.bindings}

    def leads_somewhere(self, binding: Binding) -> bool:
        """Whether both ends of a binding are still there when nobody is connected."""
        source = self.exchanges.get(binding.source)
        if not binding.source or source is None or source.auto_delete or source.name.startswith(_FEDERATION):
            return False
        if binding.to == "queue":
            return binding.destination in self.lasting
        destination = self.exchanges.get(binding.destination)
        return destination is not None and not destination.auto_delete

    def is_celerys(self, binding: Binding) -> bool:
        """Whether workers make a binding when they connect."""
        source, name, key = binding.source, binding.destination, binding.routing_key
        if _MAILBOXES.search(source) or _DELAYED.search(source) or delay_level(source) is not None:
            return True
        if binding.to != "queue" or binding.arguments or name not in self.consumed:
            return False
        if source in self.delayed:
            return key.startswith(_ANY_TIME) or (source, name, f"{_ANY_TIME}{key}") in self.routes
        exchange = self.exchanges.get(source)
        # https://docs.celeryq.dev/en/stable/userguide/routing.html#automatic-routing
        made_so = exchange is not None and exchange.kind == "direct" and not exchange.arguments
        return made_so and source == key == name


def _stays(queue: Queue) -> bool:
    # A name that begins with amq. only the server may give.
    foreign = queue.name.startswith((_OF_THE_SERVER, _FEDERATION)) or is_plumbing(queue.name)
    return queue.durable and not queue.exclusive and not queue.auto_delete and not foreign


def _is_kept(queue: Queue, consumed: Collection[str]) -> bool:
    return queue.name not in consumed and delay_level(queue.name) is None


def _is_given(name: str) -> bool:
    """Whether every broker has that exchange."""
    return not name or name.startswith(_OF_THE_SERVER)


def _is_made(exchange: Exchange) -> bool:
    """Whether somebody made an exchange that outlives its last binding."""
    foreign = exchange.name.startswith(_FEDERATION) or _is_plumbing_exchange(exchange.name)
    return not foreign and not exchange.auto_delete


def _is_plumbing_exchange(name: str) -> bool:
    waits = _DELAYED.search(name) or delay_level(name) is not None
    return bool(name == _EVENTS or _MAILBOXES.search(name) or waits)
