"""A vhost's exchanges, queues, bindings and policies in memory, with a will of its own where a test wants it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from migrate.brokers.report import BrokerRefused, BrokerUnreadable
from migrate.fault_points import reach
from migrate.topology.shapes import Binding, Exchange, Policy, Queue, Topology
from migrate.topology.words import describe

if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS = Exchange("events", "topic", durable=True, auto_delete=False, internal=False, arguments={})
AUDIT = Queue("audit", durable=True, auto_delete=False, exclusive=False, arguments={"x-max-length": 1000})
TO_AUDIT = Binding("events", "queue", "audit", "order.*", {})
TTL = Policy("ttl", "^audit$", "queues", 0, {"message-ttl": 60000})
MADE = Topology((EVENTS,), (AUDIT,), (TO_AUDIT,), (TTL,))
"""What somebody made beside Celery's own."""


@dataclass
class FakeTopology:
    """Makes what it is asked to; a second time changes nothing."""

    has: Topology = field(default_factory=Topology)
    refuses: Callable[[str], str] = lambda _what: ""
    """Given what is to be made, its words when it does not take it; empty when it does."""
    silent: bool = False
    """Whether it does not answer."""
    writes: list[str] = field(default_factory=list)

    def read(self) -> Topology:
        self._answer()
        return self.has

    def make(self, thing: Exchange | Queue | Binding | Policy) -> None:
        self._answer()
        what = describe(thing)
        reach("topology", f"before {what}")
        exchanges = {item.name for item in self.has.exchanges}
        missing = isinstance(thing, Binding) and thing.source not in exchanges
        if said := "HTTP 404, without a reason" if missing else self.refuses(what):
            raise BrokerRefused(said)
        self.writes.append(what)
        kind = {Exchange: "exchanges", Queue: "queues", Binding: "bindings", Policy: "policies"}[type(thing)]
        kept = [item for item in getattr(self.has, kind) if describe(item) != what]
        changes: dict[str, Any] = {kind: (*kept, thing)}
        self.has = replace(self.has, **changes)

    def _answer(self) -> None:
        if self.silent:
            raise BrokerUnreadable("no answer from the management API")
