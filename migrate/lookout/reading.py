"""What is read beside the verdict, at a slower pace, to say why a drain takes as long as it does."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from migrate.brokers.report import Unreadable, WorkerReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.brokers.report import Consumer
    from migrate.brokers.statistics import BrokerStatistics, QueueCounters


class Reading(Struct, frozen=True, dict=True):
    """One reading; each part may have failed on its own."""

    at: float
    """Monotonic seconds."""
    statistics: BrokerStatistics | Unreadable
    consumers: tuple[Consumer, ...] | Unreadable
    workers: WorkerReport | Unreadable

    def consumers_of(self, queue: str) -> int | None:
        """Return how many consumers a queue has; None where that could not be read."""
        return None if self._consumers is None else self._consumers[queue]

    @cached_property
    def _consumers(self) -> Counter[str] | None:
        return None if isinstance(self.consumers, Unreadable) else Counter(item.queue for item in self.consumers)

    def counters(self, queue: str) -> QueueCounters | None:
        """Return what the broker has counted for a queue; None where that could not be read."""
        return None if isinstance(self.statistics, Unreadable) else self.statistics.queue(queue)

    @property
    def taken(self) -> Mapping[str, int]:
        """How many tasks of each name the workers have taken since they were started."""
        counted: dict[str, int] = {}
        for node in self.workers.nodes if isinstance(self.workers, WorkerReport) else ():
            for name, count in node.taken.items():
                counted[name] = counted.get(name, 0) + count
        return counted
