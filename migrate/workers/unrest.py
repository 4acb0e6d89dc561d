"""Whether workers are at rest, and who takes tasks without answering: pure functions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from migrate.brokers.report import Consumer, RunningTask, WorkerNode, WorkerReport

DUE_SOON: Final = timedelta(seconds=15)
"""A held task that falls due before the restart arrives would run into it."""

_MAILBOX: Final = ".celery.pidbox"
_REPLIES: Final = ".reply"


class Unheard(Struct, frozen=True):
    """A worker that has a mailbox on the broker and did not answer: a solo pool runs a task, or it is wedged."""

    name: str
    connection: str
    queues: tuple[str, ...]
    """What it takes from, as the broker lists it; none for one that has another connection for that."""


class Unrest(Struct, frozen=True):
    """Why a restart now would still kill something, or could."""

    reason: str
    busy: bool = False
    """Whether nothing but tasks that run, or wait in a worker's hands, is in the way."""


def unheard(consumers: Iterable[Consumer], answering: Collection[str]) -> tuple[Unheard, ...]:
    """Given the broker's list of consumers and who answers, return the workers with a mailbox that do not."""
    mailboxes: dict[str, str] = {}
    taken: dict[str, list[str]] = {}
    for item in consumers:
        if item.queue.endswith(_MAILBOX):
            mailboxes[item.queue.removesuffix(_MAILBOX)] = item.connection
        else:
            taken.setdefault(item.connection, []).append(item.queue)
    return tuple(
        Unheard(name, connection, tuple(sorted(taken.get(connection, ()))))
        for name, connection in sorted(mailboxes.items())
        if name not in answering and not name.endswith(_REPLIES)
    )


def judge_quiet(
    report: WorkerReport,
    consumers: Sequence[Consumer],
    expected: int,
    now: datetime,
    silent: Sequence[str] = (),
) -> Unrest | None:
    """Given what workers and broker say, return why a restart would still kill something, or None.

    ``consumers`` are those of work queues, and have the last word: a worker that does not answer remote control
    shows there. ``silent`` are the names of those that have a mailbox and did not answer.
    """
    if len(report.nodes) < expected or silent:
        return Unrest(_not_answering(len(report.nodes), max(expected, len(report.nodes) + len(silent)), silent))
    left = sorted({item.queue for item in consumers})
    takes = f"somebody still consumes from {listed(left)}" if left else ""
    if busy := [f"{_in_hand(node, now)} on {node.name}" for node in report.nodes if not node.idle]:
        return Unrest("; ".join(filter(None, (f"still running: {listed(busy, most=3)}", takes))), busy=not left)
    for node in report.nodes:
        soon = [task for task in node.held if task.due is None or task.due - now < DUE_SOON]
        if soon:
            return Unrest(f"{node.name} holds {soon[0].name}, due in a moment")
    return Unrest(takes) if takes else None


def tasks_in_detail(nodes: Iterable[WorkerNode], now: datetime) -> dict[str, Any]:
    """Given workers and the time, return what they run, for whoever draws progress."""
    running = [
        {"id": task.id, "name": task.name, "worker": node.name, "seconds": _seconds(task, now)}
        for node in nodes
        for task in node.active
    ]
    return {"tasks": running} if running else {}


def _not_answering(answering: int, expected: int, silent: Sequence[str]) -> str:
    text = f"{answering} of {expected} workers answer"
    if not silent:
        return text
    return f"{text}; {listed(silent, most=3)} did not: silent while a task runs, as a solo pool is, or stuck"


def _in_hand(node: WorkerNode, now: datetime) -> str:
    running = sorted(node.active, key=lambda task: task.started or now.timestamp())
    texts = [
        task.name if (seconds := _seconds(task, now)) is None else f"{task.name} ({seconds} s)" for task in running
    ]
    return listed(texts, most=3) or f"{node.reserved} reserved tasks"


def _seconds(task: RunningTask, now: datetime) -> int | None:
    # By the worker's clock, which may be ahead of this one.
    return None if task.started is None else max(0, round(now.timestamp() - task.started))
