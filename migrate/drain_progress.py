"""What is shown of a drain while it lasts; no verdict rests on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from migrate.broker_report import BrokerUnreadable, QueueReport
from migrate.drain import rate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migrate.broker_report import Observation
    from migrate.clients.broker import Broker
    from migrate.queues import Sorting

SHOWN: Final = 50
"""Queues at most, those with most messages first: a vhost may have thousands."""
_NAMED: Final = 10
_CONSUMERS_SECONDS: Final = 5.0


@dataclass
class Progress:
    """The numbers of one watch."""

    broker: Broker
    sorting: Sorting
    _consumers: Counter[str] | None = None
    _read: float | None = field(default=None)

    def detail(self, seen: Sequence[Observation]) -> dict[str, Any]:
        """Given the looks so far, return the detail of a ``step.waiting`` event; empty where the last failed."""
        queues = seen[-1].queues
        if not isinstance(queues, QueueReport):
            return {}
        work = sorted(self.sorting.work(queues), key=lambda queue: -queue.messages)
        consumers = self._read_consumers(seen[-1].at)
        per_second, left = rate(seen, self.sorting), sum(queue.messages for queue in work)
        return {
            "queues": [
                {
                    "name": queue.name,
                    "ready": queue.ready,
                    "unacknowledged": queue.unacknowledged,
                    "consumers": None if consumers is None else consumers[queue.name],
                }
                for queue in work[:SHOWN]
            ],
            "messages_per_second": per_second,
            "seconds_left": round(left / per_second) if per_second and left else None,
        }

    def _read_consumers(self, now: float) -> Counter[str] | None:
        # Late by itself, so it is not read with every look; an unreadable list is shown as unknown.
        if self._read is None or now - self._read >= _CONSUMERS_SECONDS:
            self._read = now
            try:
                self._consumers = Counter(item.queue for item in self.broker.rabbitmq.consumers())
            except BrokerUnreadable:
                self._consumers = None
        return self._consumers


def counts(detail: Mapping[str, Any]) -> Iterator[str]:
    """Given the detail of the last look, return a sentence about each queue that is worth one."""
    queues = detail.get("queues", ())
    for queue in queues[:_NAMED]:
        consumers = "unknown" if queue["consumers"] is None else queue["consumers"]
        yield (
            f"{queue['name']}: {queue['ready']} ready, {queue['unacknowledged']} unacknowledged, "
            f"consumers {consumers}."
        )
    if len(queues) > _NAMED:
        yield f"And {len(queues) - _NAMED} queues more."
