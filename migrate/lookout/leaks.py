"""Who still publishes into a broker that should only be emptied: pure functions over two readings.

RabbitMQ does not tell which connection published into which queue. What it tells apart is a connection that was
there before eager mode, one from a host on which no worker consumes, and one beside a worker, which may be the
worker's own: the next task of a chain, a retry.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.brokers.queues import is_plumbing
from migrate.brokers.report import Unreadable
from migrate.brokers.statistics import OURS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from migrate.brokers.statistics import BrokerStatistics, Client
    from migrate.lookout.reading import Reading

STATISTICS_LAG: Final = 10.0
"""Seconds after which every counter has what happened before (up to 9.7 s measured: docs/draining.md)."""
_EARLIER_BY: Final = 2.0
"""Seconds by which a connection must be older than eager mode: the server says its time in whole seconds."""


class Origin(StrEnum):
    """What a connection's age and address say about who it is."""

    OLDER = "older"
    """Opened before eager mode was asked for: no process of the present release."""
    ELSEWHERE = "elsewhere"
    """On a host from which no worker consumes."""
    BESIDE = "beside"
    """Perhaps a worker with its own follow-up work: on the host of one, or no worker's host is known."""


class Publisher(Struct, frozen=True):
    """A connection that published in between."""

    client: Client
    published: int
    origin: Origin


class Leak(Struct, frozen=True):
    """Tasks that came into work queues between two readings."""

    seconds: float
    queues: Mapping[str, int]
    """How many came, by queue."""
    publishers: tuple[Publisher, ...]
    """Those that may have done it, who cannot be a worker first; empty where no such connection is left."""
    tasks: Mapping[str, int]
    """What workers took lately, by name."""
    certain: bool
    """False where all of it may be the workers' own follow-up work."""

    @property
    def published(self) -> int:
        """How many came in all."""
        return sum(self.queues.values())

    @property
    def key(self) -> tuple[object, ...]:
        """What makes this leak another one than the last: a client that connects anew for each task is one."""
        who = {(item.client.host, item.client.software, item.origin) for item in self.publishers}
        return (tuple(sorted(self.queues)), tuple(sorted(who)))


def find(
    before: Reading, now: Reading, work: Collection[str], eager_for: float | None, first: Reading | None = None
) -> Leak | None:
    """Given two readings, the names of the work queues and for how long eager mode was asked for, return the leak.

    None where nothing came, or where that could not be read. ``eager_for`` is None where it is not known. Workers
    are asked more seldom: what they took is counted from the ``first`` reading on, which may be an earlier one.
    """
    if isinstance(before.statistics, Unreadable) or isinstance(now.statistics, Unreadable):
        return None
    grown = _grown(
        {name: before.statistics.queue(name).published for name in work},
        {name: now.statistics.queue(name).published for name in work},
    )
    if not grown:
        return None
    publishers = _publishers(before.statistics, now, eager_for)
    return Leak(
        seconds=now.at - before.at,
        queues=grown,
        publishers=publishers,
        tasks=_grown((first or before).taken, now.taken),
        certain=any(item.origin is not Origin.BESIDE for item in publishers),
    )


def _publishers(before: BrokerStatistics, now: Reading, eager_for: float | None) -> tuple[Publisher, ...]:
    if isinstance(now.statistics, Unreadable):
        return ()
    hosts = _hosts_of_workers(now)
    kept = _hosts_of_workers(now, older_than=eager_for)
    published_before = {client.name: client.published for client in before.clients}
    found = []
    for client in now.statistics.clients:
        count = client.published - published_before.get(client.name, 0)
        # What consumes too is a worker's main connection, which answers remote control, or a monitor.
        if count > 0 and not client.consumers and client.software != OURS:
            found.append(Publisher(client, count, _origin(client, hosts, kept, eager_for)))
    return tuple(sorted(found, key=lambda item: (item.origin is Origin.BESIDE, -item.published)))


def _origin(
    client: Client, hosts: Collection[str] | None, kept: Collection[str] | None, eager_for: float | None
) -> Origin:
    # A worker that the release did not restart, for it runs elsewhere, has old connections of its own.
    if _is_older(client, eager_for) and client.host not in (kept or ()):
        return Origin.OLDER
    # Behind a proxy every client has one address; then nothing is said to be elsewhere.
    return Origin.BESIDE if hosts is None or client.host in hosts else Origin.ELSEWHERE


def _is_older(client: Client, eager_for: float | None) -> bool:
    return client.age is not None and eager_for is not None and client.age > eager_for + _EARLIER_BY


def _hosts_of_workers(reading: Reading, older_than: float | None = None) -> frozenset[str] | None:
    if isinstance(reading.consumers, Unreadable) or isinstance(reading.statistics, Unreadable):
        return None
    connections = {item.connection for item in reading.consumers if not is_plumbing(item.queue)}
    if older_than is not None:
        connections &= {item.name for item in reading.statistics.clients if _is_older(item, older_than)}
    # Without a consumer nothing says where a worker is; one whose consumers are cancelled publishes still.
    return frozenset(name.partition(" -> ")[0].rpartition(":")[0] for name in connections) or None


def _grown(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    return {name: count - before.get(name, 0) for name, count in now.items() if count > before.get(name, 0)}
