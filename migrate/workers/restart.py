"""What a restart would do to the tasks that run now: pure functions of what workers say.

Heroku sends SIGTERM to every process of a dyno, and SIGKILL to what is left after 30 s. What that does to a running
task depends on the worker's pool, on when the task is acknowledged, and on REMAP_SIGTERM. Measured, for every pool:
docs/draining.md. Reserved and held tasks go back to their queue, or are run by a pool that shuts down in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from migrate.brokers.report import RunningTask, WorkerNode

REMAP: Final = "REMAP_SIGTERM"
"""The config var that makes a worker take SIGTERM for the signal that it names.
https://docs.celeryq.dev/en/stable/userguide/workers.html#remap-sigterm"""

GRACE_SECONDS: Final = 30.0
"""From SIGTERM to SIGKILL. https://devcenter.heroku.com/articles/dyno-shutdown-behavior"""

_WAIT_IN_ANY_CASE: Final = frozenset({"threads", "eventlet"})
"""Pools whose process does not end before what runs in it has, whichever signal it got."""
_ONE_PROCESS: Final = _WAIT_IN_ANY_CASE | {"gevent", "solo"}
_FAIL_WHEN_COLD: Final = frozenset({"gevent", "solo"})
"""Pools in which a cold shutdown ends the running tasks as failures, and those are acknowledged."""
_SOFT_SHUTDOWN: Final = "worker_soft_shutdown_timeout"


class Endangered(Struct, frozen=True):
    """A task that runs now, and what becomes of it if its worker is restarted now."""

    task: RunningTask
    worker: str
    lost: bool
    """True: nobody runs it again. False: its message goes back to the queue, and it runs a second time."""
    grace: float
    """It comes to no harm if it ends within so many seconds."""

    def running_for(self, now: datetime) -> float | None:
        """Given the time here, return for how many seconds it runs, by the worker's clock."""
        return None if self.task.started is None else max(0.0, now.timestamp() - self.task.started)


def endangered(nodes: Sequence[WorkerNode], remap_sigterm: str | None) -> tuple[Endangered, ...]:
    """Given workers and the app's REMAP_SIGTERM, return what a restart would do to each task that runs now."""
    remapped = remap_sigterm == "SIGQUIT"
    return tuple(
        Endangered(task, node.name, _is_lost(task, node, remapped=remapped), _grace(node, remapped=remapped))
        for node in nodes
        for task in node.active
    )


def most_killed(nodes: Sequence[WorkerNode]) -> int:
    """Given workers that take nothing new, return how many tasks a restart kills at most, whenever it comes.

    Tasks that are reserved start when others end, so that more can be running by then; never more than a worker
    runs at once.
    """
    return sum(_most_at_once(node) for node in nodes)


def toll(tasks: Sequence[Endangered], now: datetime) -> str:
    """Given endangered tasks and the time, return what runs and what a restart would do to it."""
    if not tasks:
        return verdict(tasks)
    return f"running now: {counted(len(tasks), 'task')} ({named(tasks, now)}); {verdict(tasks)}"


def verdict(tasks: Sequence[Endangered]) -> str:
    """Given endangered tasks, return what a restart would do to them, as the end of a sentence."""
    if not tasks:
        return "no worker that answers runs a task"
    verdicts = [
        f"{verb} {len(hit)}{'' if grace == 0 else f', unless done within {grace:.0f} s more'}"
        for verb, lost in (("lose", True), ("run a second time", False))
        for grace in sorted({item.grace for item in tasks if item.lost is lost})
        if (hit := [item for item in tasks if item.lost is lost and item.grace == grace])
    ]
    return f"a restart now would {'; '.join(verdicts)}"


def named(tasks: Sequence[Endangered], now: datetime) -> str:
    """Given endangered tasks and the time, return their names with how long each has been running, longest first."""
    running = [(item.task.name, item.running_for(now)) for item in tasks]
    running.sort(key=lambda pair: -(pair[1] or 0.0))
    return listed([name if seconds is None else f"{name} {seconds:.0f} s" for name, seconds in running])


def _is_lost(task: RunningTask, node: WorkerNode, *, remapped: bool) -> bool:
    if remapped and node.pool in _FAIL_WHEN_COLD:
        return True
    if node.pool == "solo":
        # It sends no acknowledgement while it runs a task, early or not.
        return False
    if task.acknowledged is not False:
        return True
    return not remapped and node.pool not in _ONE_PROCESS and task.name not in node.requeued


def _grace(node: WorkerNode, *, remapped: bool) -> float:
    if node.pool in _WAIT_IN_ANY_CASE or (node.pool in _ONE_PROCESS and not remapped):
        return GRACE_SECONDS
    soft = node.setting(_SOFT_SHUTDOWN) if remapped and node.pool != "solo" else None
    return min(float(soft), GRACE_SECONDS) if isinstance(soft, int | float) else 0.0


def _most_at_once(node: WorkerNode) -> int:
    in_hand = len(node.active) + node.reserved
    return max(len(node.active), min(in_hand, node.size or in_hand))
