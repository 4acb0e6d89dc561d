"""What a broker and its workers say, built in one line each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from migrate.brokers.queues import mailbox
from migrate.brokers.report import (
    HeldTask,
    Inventory,
    Observation,
    QueueCount,
    QueueReport,
    RunningTask,
    Unreadable,
    WorkerNode,
    WorkerReport,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNNING = RunningTask("task-1", "shop.tasks.charge", 1_795_521_600.0)
HELD = HeldTask("task-2", "shop.tasks.remind", datetime(2026, 11, 24, 12, 30, tzinfo=UTC))


def a_queue(
    name: str = "celery", ready: int = 0, unacknowledged: int = 0, *, type_: str = "classic", state: str = "running"
) -> QueueCount:
    return QueueCount(name, ready, unacknowledged, type_, state)


def queues(*counts: QueueCount, live: bool = True) -> QueueReport:
    """One empty classic queue, unless others are given."""
    return QueueReport(counts or (a_queue(),), live=live)


def a_node(
    name: str = "celery@one",
    *,
    queues: tuple[str, ...] = ("celery",),
    active: tuple[RunningTask, ...] = (),
    reserved: int = 0,
    held: tuple[HeldTask, ...] = (),
    accepted: int = 7,
    settings: Mapping[str, object] | None = None,
) -> WorkerNode:
    return WorkerNode(name, queues, active, reserved, held, accepted, {"shop.tasks.charge": accepted}, settings or {})


def workers(*nodes: WorkerNode) -> WorkerReport:
    """One idle worker, unless others are given."""
    return WorkerReport(nodes or (a_node(),))


def a_look(
    at: float,
    queues_: QueueReport | Unreadable | None = None,
    workers_: WorkerReport | Unreadable | None = None,
    inventory: Inventory | Unreadable | None = None,
    took: float = 0.0,
) -> Observation:
    """An observation of an empty broker with one idle worker, unless something else is given."""
    report, told = queues_ or queues(), workers_ or workers()
    return Observation(at, report, told, inventory or inventory_of(report, told), took)


def inventory_of(
    report: QueueReport | Unreadable, workers_: WorkerReport | Unreadable | None = None, *others: str
) -> Inventory:
    """A register that knows no other queues than those that were counted, the workers' mailboxes, and those given."""
    counted = frozenset() if isinstance(report, Unreadable) else report.names
    nodes = workers_.nodes if isinstance(workers_, WorkerReport) else ()
    return Inventory(counted | {mailbox(node.name) for node in nodes} | set(others))
