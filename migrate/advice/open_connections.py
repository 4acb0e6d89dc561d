"""Which of the open connections belong to which process type, as far as that can be told: pure functions.

A worker's main process is known by what it consumes, Flower by its event queue. A connection that only publishes is
known by its address, where addresses differ: a worker's, or that of the one type that is left. Dynos of Heroku may
share an address, so that is a likely answer and no proof.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from migrate.advice.connection_budget import Kind
from migrate.brokers.queues import BY_RULE, EVENTS, MAILBOX
from migrate.brokers.report import Unreadable
from migrate.brokers.statistics import OURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migrate.advice.connection_budget import Usage
    from migrate.advice.practice import Practice
    from migrate.advice.process_commands import WorkerCommand

_CELERYS_DEFAULT_QUEUE: Final = ("celery",)


class OpenNow(Struct, frozen=True):
    """The connections of a vhost that are not this program's own."""

    total: int
    by_type: Mapping[str, int] = field(default_factory=dict)
    """Of those whose process type can be told."""

    @property
    def unplaced(self) -> int:
        """How many may belong to any."""
        return self.total - sum(self.by_type.values())


class _Consumed(Struct, frozen=True):
    """What a connection consumes."""

    work: frozenset[str] = frozenset()
    mailbox: bool = False
    events: bool = False


def open_now(practice: Practice, usages: Sequence[Usage]) -> OpenNow | Unreadable:
    """Given what was read of an app and how it uses its broker, return what is open, and whose it is."""
    if isinstance(practice.clients, Unreadable):
        return practice.clients
    others = [item for item in practice.clients if item.software != OURS]
    consumed = _consumed(practice)
    running = [item for item in usages if item.dynos]
    placed = {
        item.name: _consuming(consumed[item.name], running, practice.worker_commands)
        for item in others
        if item.name in consumed
    }
    hosts: dict[str, set[str]] = {item.host: set() for item in others}
    for item in others:
        if item.name in placed:
            hosts[item.host].add(placed[item.name])
    for item in others:
        if item.name not in placed and len(hosts) > 1:
            placed[item.name] = _publishing(hosts[item.host], running)
    return OpenNow(len(others), dict(Counter(name for name in placed.values() if name)))


def _consumed(practice: Practice) -> dict[str, _Consumed]:
    """Return what each connection consumes; one that waits for results is not among them."""
    if isinstance(practice.consumers, Unreadable):
        return {}
    report = None if isinstance(practice.queues, Unreadable) else practice.queues
    found: dict[str, _Consumed] = {}
    for item in practice.consumers:
        known, kind = found.get(item.connection, _Consumed()), BY_RULE.kind_by_name(item.queue)
        if kind is MAILBOX:
            found[item.connection] = replace(known, mailbox=True)
        elif kind is EVENTS:
            found[item.connection] = replace(known, events=True)
        elif BY_RULE.is_work(item.queue, report):
            found[item.connection] = replace(known, work=known.work | {item.queue})
    return found


def _consuming(consumed: _Consumed, running: Sequence[Usage], workers: Sequence[WorkerCommand]) -> str:
    """Return the process type of a connection that consumes; empty where that cannot be told."""
    if consumed.events and not consumed.mailbox and not consumed.work:
        return _only(item.type for item in running if item.kind is Kind.FLOWER)
    types = {item.type for item in running if item.kind is Kind.WORKER}
    told = {item.type for item in workers if frozenset(item.queues or _CELERYS_DEFAULT_QUEUE) == consumed.work}
    return _only(types) or _only(told & types)


def _publishing(types: set[str], running: Sequence[Usage]) -> str:
    """Given who consumes from the same host, return the process type of a connection that does not."""
    if types:
        return _only(types)
    return _only(item.type for item in running if item.kind not in {Kind.WORKER, Kind.FLOWER})


def _only(names: Iterable[str]) -> str:
    found = set(names)
    return found.pop() if len(found) == 1 else ""
