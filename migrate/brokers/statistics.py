"""What a broker counts about its queues and connections: some seconds late, and never what a verdict rests on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OURS: Final = "migrate-plan"
"""The connection name under which this program speaks to the workers."""


class QueueCounters(Struct, frozen=True):
    """What went through one queue since it was made; unlike a channel's, these counts stay when a client goes."""

    name: str
    published: int
    delivered: int
    acknowledged: int
    redelivered: int


class QueueRates(Struct, frozen=True):
    """What goes through one queue a second, as the broker has it of the last seconds; None where it does not say."""

    published: float | None
    delivered: float | None


class Client(Struct, frozen=True):
    """One AMQP connection with what its channels have done."""

    name: str
    """As RabbitMQ spells it: ``10.1.2.3:4567 -> 10.0.0.1:5671``."""
    software: str
    """The library with its version, or the name that the client gave itself."""
    age: float | None
    """Seconds since it was opened, by the server's own clock; None where the server does not say."""
    published: int
    consumers: int
    unacknowledged: int
    channels: int = 0
    """As far as they are listed: one that was opened a moment ago is not."""

    @property
    def peer(self) -> str:
        """Host and port at the other end: ``10.1.2.3:4567``."""
        return self.name.partition(" -> ")[0]

    @property
    def host(self) -> str:
        """The host alone."""
        return self.peer.rpartition(":")[0]


class BrokerStatistics(Struct, frozen=True, dict=True):
    """One reading of a vhost."""

    queues: tuple[QueueCounters, ...]
    clients: tuple[Client, ...]

    def queue(self, name: str) -> QueueCounters:
        """Return a queue's counters, all 0 for one that is not there."""
        return self._by_name.get(name) or QueueCounters(name, 0, 0, 0, 0)

    def totals(self, queues: Iterable[str]) -> tuple[int, int]:
        """Given names, return how much was published to those queues and acknowledged, since each was made."""
        counted = [self.queue(name) for name in queues]
        return sum(item.published for item in counted), sum(item.acknowledged for item in counted)

    @cached_property
    def _by_name(self) -> Mapping[str, QueueCounters]:
        return {item.name: item for item in self.queues}


class VhostLimits(Struct, frozen=True):
    """What the broker allows a vhost; None where it sets no limit."""

    connections: int | None
    queues: int | None


class BrokerTroubles(Struct, frozen=True):
    """What keeps a whole broker from working; each is None where it could not be read."""

    connections: int | None
    connection_limit: int | None
    """None also where there is none."""
    alarms: tuple[str, ...] | None
    """The resources that are used up: ``memory``, ``disk``."""
