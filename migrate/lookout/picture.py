"""All that is known about a drain when a reason for its slowness is sought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from migrate.brokers.queues import delay_level
from migrate.brokers.report import QueueReport, Unreadable, WorkerReport

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from migrate.brokers.queues import Sorting
    from migrate.brokers.report import Observation, QueueCount, WorkerNode
    from migrate.brokers.statistics import BrokerTroubles, Client
    from migrate.lookout.held import Held
    from migrate.lookout.leaks import Leak
    from migrate.lookout.reading import Reading
    from migrate.platform import Dyno, ProcessType


class Ebb(Struct, frozen=True):
    """The lowest that each work queue has been, and since when none has been lower."""

    since: float
    lowest: Mapping[str, int] = field(default_factory=dict)

    def after(self, look: Observation, sorting: Sorting) -> Ebb:
        """Given the next look, return what is known with it."""
        if not isinstance(look.queues, QueueReport):
            return self
        counts = {queue.name: queue.messages for queue in sorting.work(look.queues)}
        lower = any(count < self.lowest.get(name, count) for name, count in counts.items())
        lowest = {name: min(count, self.lowest.get(name, count)) for name, count in counts.items()}
        return Ebb(look.at if lower or not self.lowest else self.since, {**self.lowest, **lowest})


class Picture(Struct, frozen=True):
    """All that is known when a reason is sought; parts that could not be read are empty or None."""

    app: str
    queues: tuple[QueueCount, ...]
    """The work queues that are not empty."""
    dead_letters: Mapping[str, str]
    """Queues to which others send their dead letters, each with one that does."""
    before: Reading
    now: Reading
    expected: int
    consumed: tuple[str, ...]
    """The queues that had consumers when the migration began."""
    held: Held | None
    at: datetime
    leak: Leak | None = None
    formation: tuple[ProcessType, ...] = ()
    dynos: tuple[Dyno, ...] = ()
    troubles: BrokerTroubles | None = None
    left: bool = False
    """Whether the workers have left this broker for the new one."""

    def grown(self, counter: str) -> Mapping[str, int]:
        """Given the name of a counter, return by how much it has grown, by queue."""
        found = {}
        for queue in self.queues:
            old, new = self.before.counters(queue.name), self.now.counters(queue.name)
            if old is not None and new is not None and getattr(new, counter) > getattr(old, counter):
                found[queue.name] = getattr(new, counter) - getattr(old, counter)
        return found

    @property
    def workers(self) -> WorkerReport | None:
        """What the workers said, where they did."""
        return self.now.workers if isinstance(self.now.workers, WorkerReport) else None

    def is_consumed(self, queue: QueueCount) -> bool | None:
        """Whether anybody takes from a queue, by the broker or by the workers; None where neither is known."""
        listed_ = self.now.consumers_of(queue.name)
        told = self.workers and any(queue.name in node.queues for node in self.workers.nodes)
        return None if listed_ is None and self.workers is None else bool(listed_ or told)

    @property
    def nodes(self) -> tuple[WorkerNode, ...]:
        """The workers that answered."""
        return self.workers.nodes if self.workers else ()

    @property
    def clients(self) -> tuple[Client, ...]:
        """The connections, where they could be read."""
        return () if isinstance(self.now.statistics, Unreadable) else self.now.statistics.clients

    @property
    def unserved(self) -> tuple[QueueCount, ...]:
        """The queues with messages that are ready and that nobody takes; Celery's parking places are none."""
        lonely = (queue for queue in self.queues if queue.ready and self.is_consumed(queue) is False)
        return tuple(queue for queue in lonely if delay_level(queue.name) is None)
