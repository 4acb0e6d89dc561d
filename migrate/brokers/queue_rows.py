"""Which queues count as work, which do not and why, in a few rows however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.brokers.queues import TASKS, Kind
from migrate.brokers.report import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.brokers.report import QueueCount
    from migrate.facts import BrokerFacts

NAMES: Final = 5
_DEAD_LETTERS: Final = Kind("dead letters", work=True, why="nobody consumes them: they never drain by themselves")
_UNCONSUMED: Final = Kind("tasks without a consumer", work=True, why="whatever is published there stays")


class QueueRow(Struct, frozen=True):
    """The queues of one kind."""

    kind: str
    work: bool
    why: str
    queues: int
    messages: int
    names: tuple[str, ...]
    """The first few, those with most messages first."""


def queue_rows(broker: BrokerFacts) -> tuple[QueueRow, ...]:
    """Given what was read of a broker, return a row for each kind of queue, work first."""
    by_kind: dict[Kind, list[QueueCount]] = {}
    for queue in () if isinstance(broker.queues, Unreadable) else broker.queues.queues:
        by_kind.setdefault(_kind(queue, broker), []).append(queue)
    return tuple(sorted(_rows(by_kind), key=lambda row: not row.work))


def _rows(by_kind: dict[Kind, list[QueueCount]]) -> Iterator[QueueRow]:
    for kind, queues in by_kind.items():
        most_first = sorted(queues, key=lambda queue: -queue.messages)
        names = tuple(queue.name for queue in most_first[:NAMES])
        yield QueueRow(kind.name, kind.work, kind.why, len(queues), sum(q.messages for q in queues), names)


def _kind(queue: QueueCount, broker: BrokerFacts) -> Kind:
    kind = broker.sorting.kind(queue)
    told = not (isinstance(broker.consumers, Unreadable) or isinstance(broker.workers, Unreadable))
    if kind != TASKS or not told or queue.name in broker.consumed_queues:
        return kind
    # A queue that hands its messages on after a while is a waiting room, not their end.
    if queue.name in broker.dead_letters and "x-dead-letter-exchange" not in queue.arguments:
        return _DEAD_LETTERS
    return _UNCONSUMED
