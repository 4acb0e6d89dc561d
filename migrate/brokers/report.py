"""What the old or new broker and its workers said, or why they could not be read.

``Unreadable`` stands in the place of an answer: nothing downstream can mistake it for zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class BrokerUnreadable(Exception):
    """The broker or its workers gave no usable answer; the text says why."""


class BrokerRefused(Exception):
    """The broker answered no to what was asked of it; the text is its own words."""


class Unreadable(Struct, frozen=True):
    """No usable answer, with the reason for people."""

    reason: str


class QueueCount(Struct, frozen=True):
    """The messages of one queue at one moment."""

    name: str
    ready: int
    unacknowledged: int
    type: str = "classic"
    state: str = "running"
    """As RabbitMQ says it; ``down`` or anything else unexpected makes the counts worthless."""
    delayed: int = 0
    """Messages that the queue itself holds back for later; newer quorum queues do."""
    auto_delete: bool = False
    exclusive: bool = False
    arguments: Mapping[str, object] = field(default_factory=dict)
    """What it was declared with, such as ``x-expires``."""

    @property
    def messages(self) -> int:
        """All that is in it, in whatever state."""
        return self.ready + self.unacknowledged + self.delayed


class Binding(Struct, frozen=True):
    """A binding of a queue to an exchange other than the default one, and how that exchange was made."""

    exchange: str
    kind: str
    durable: bool
    auto_delete: bool
    exchange_arguments: Mapping[str, Any]
    routing_key: str
    arguments: Mapping[str, Any]


class QueueShape(Struct, frozen=True):
    """How a queue was made, so that it can be made again; what policies add is no part of it."""

    durable: bool
    auto_delete: bool
    arguments: Mapping[str, Any]
    bindings: tuple[Binding, ...] = ()


class QueueReport(Struct, frozen=True):
    """Every queue of a vhost at one moment."""

    queues: tuple[QueueCount, ...]
    live: bool
    """Whether the queue processes themselves were asked, all at once; False: seconds may lie in between."""

    @property
    def names(self) -> frozenset[str]:
        """The names of all queues."""
        return frozenset(queue.name for queue in self.queues)


class Inventory(Struct, frozen=True):
    """What a vhost has by its own register, whether or not anything can be counted there."""

    queues: frozenset[str]
    """The names of all queues: of those too whose process has crashed, which no listing with counts shows."""
    delayed: Mapping[str, int] = field(default_factory=dict)
    """Messages that exchanges hold back for later, which are on no queue yet; by exchange."""


class Consumer(Struct, frozen=True):
    """One consumer of one queue, and the connection it lives on."""

    queue: str
    connection: str


class HeldTask(Struct, frozen=True):
    """A task that a worker keeps in memory until it is due; its message stays unacknowledged."""

    id: str
    name: str
    due: datetime | None


class RunningTask(Struct, frozen=True):
    """A task that a worker is executing; with early acknowledgement no broker knows of it."""

    id: str
    name: str
    started: float | None
    """Seconds since the epoch, on the worker's clock."""
    acknowledged: bool | None = None
    """Whether its message is acknowledged, so that no broker knows of it any more; None where that was not said."""
    redelivered: bool = False
    """Whether its message was with a worker before and came back."""


class WorkerNode(Struct, frozen=True):
    """One Celery worker, as it answers remote control."""

    name: str
    queues: tuple[str, ...]
    active: tuple[RunningTask, ...]
    reserved: int
    held: tuple[HeldTask, ...]
    accepted: int
    """Tasks taken since the worker started: unmoved between two readings means that none came through."""
    taken: Mapping[str, int] = field(default_factory=dict)
    """The same by the name of the task."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """The settings that differ from Celery's defaults; empty where they were not asked for."""
    pool: str = ""
    """prefork, threads, solo, gevent, eventlet, or the name of another one's module."""
    size: int = 0
    """How many tasks it runs at once at most; 0 where it does not say."""
    requeued: frozenset[str] = frozenset()
    """Names of tasks that go back to the queue when their child dies; asked for with the settings."""

    @property
    def is_eager(self) -> bool:
        """Whether it says that it runs what it is handed inside itself.

        A Django app says True under the name of its settings, and beside it, under Celery's own name, what the
        worker has made of it since.
        """
        left = self._promises and self.settings.get("task_always_eager") is False
        return any(self._set("always_eager")) and not left

    @property
    def stays_out_of_eager_mode(self) -> bool:
        """Whether the app promises, by ``eager_outside_workers`` in its configuration, to keep workers out of it."""
        return self._promises and not self.is_eager

    @property
    def _promises(self) -> bool:
        return any(value is True for value in self._set("eager_outside_workers"))

    def _set(self, setting: str) -> list[object]:
        # `inspect conf` spells each key as the app does: task_always_eager, CELERY_ALWAYS_EAGER, any namespace.
        return [value for key, value in self.settings.items() if key.lower().endswith(setting)]

    def setting(self, name: str) -> object:
        """Given the name of a setting in small letters, return its value, or None where it has its default."""
        return next(iter(self._set(name)), None)

    @property
    def idle(self) -> bool:
        """Whether nothing is running or waiting to run; held tasks do not count."""
        return not self.active and self.reserved == 0


class Software(Struct, frozen=True):
    """What one worker runs; None where it does not say."""

    celery: tuple[int, ...] | None
    kombu: tuple[int, ...] | None


class WorkerReport(Struct, frozen=True):
    """Every worker that answered. One that does not answer is not in it: absence proves nothing."""

    nodes: tuple[WorkerNode, ...]
    at: datetime | None = None
    """When they were asked."""

    @property
    def accepted(self) -> Mapping[str, int]:
        """Tasks taken so far, by worker."""
        return {node.name: node.accepted for node in self.nodes}


class Observation(Struct, frozen=True):
    """One look at a broker and its workers."""

    at: float
    """Monotonic seconds when it began: what it says may be as old as that."""
    queues: QueueReport | Unreadable
    workers: WorkerReport | Unreadable | None
    """None where the workers were not asked, because the queues already said no."""
    inventory: Inventory | Unreadable | None = None
    """None where it was not asked for, likewise."""
    took: float = 0.0
    """Seconds from its first question to its last answer."""

    @property
    def end(self) -> float:
        """Monotonic seconds when the last answer was there: nothing it says is younger."""
        return self.at + self.took
