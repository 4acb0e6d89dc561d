"""Tasks that nobody may run yet: before the last of them is due the broker is not empty.

A worker holds a task with an ``eta`` or ``countdown`` in memory, its message unacknowledged. With quorum queues
Celery parks such a task on the broker instead, in ``celery_delayed_N`` for up to 2**N s, then on a lower level:
https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/rabbitmq.html#native-delayed-delivery
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.brokers.queues import delay_level
from migrate.brokers.report import WorkerReport
from migrate.wording import counted, listed, moment, span

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from migrate.brokers.report import QueueCount, Unreadable

_SHOWN: Final = 3


class Held(Struct, frozen=True):
    """What is held back, by workers and on the broker."""

    tasks: int
    """In workers' memory, with a time of their own."""
    names: tuple[str, ...]
    until: datetime | None
    """When the last of these is due."""
    delayed: int
    """Parked on the broker."""
    delayed_for: float
    """Seconds after which the last of those is due at the latest."""

    @property
    def all(self) -> int:
        """How many there are."""
        return self.tasks + self.delayed

    def reason(self, now: datetime) -> str:
        """Return why the broker is not empty yet, and until when at least."""
        parts = []
        if self.until is not None:
            what = f"{counted(self.tasks, 'task')} ({listed(self.names, _SHOWN)})"
            parts.append(f"empty at {moment(self.until, now)} at the earliest because of {what}")
        if self.delayed:
            parts.append(
                f"{counted(self.delayed, 'delayed task')} on the broker, due within {span(self.delayed_for)}"
            )
        return "; ".join(parts)


def held(workers: WorkerReport | Unreadable | None, work: Iterable[QueueCount]) -> Held | None:
    """Given what the workers say and the work queues, return what is held back; None where nothing is known to be."""
    nodes = workers.nodes if isinstance(workers, WorkerReport) else ()
    due = {task: task.due for node in nodes for task in node.held if task.due is not None}
    parked = [(queue.messages, delay_level(queue.name)) for queue in work]
    levels = [deep for count, deep in parked if count and deep is not None]
    if not due and not levels:
        return None
    return Held(
        tasks=len(due),
        names=tuple(sorted({task.name for task in due})),
        until=max(due.values(), default=None),
        delayed=sum(count for count, deep in parked if deep is not None),
        delayed_for=float(2 ** (max(levels) + 1)) if levels else 0.0,
    )
