"""What Celery workers answer to remote control, read into values.

Fields: celery/worker/control.py and celery/worker/request.py (Request.info).
https://docs.celeryq.dev/en/stable/userguide/workers.html#inspecting-workers
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from migrate.brokers.report import HeldTask, RunningTask, Software, WorkerNode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REQUEUED: Final = "reject_on_worker_lost"
TASK_ATTRIBUTES: Final = [REQUEUED]
"""What to ask of every task a worker knows: `inspect conf` does not tell what single tasks are set to."""
_POOLS: Final = {"thread": "threads"}
"""Modules of celery.concurrency that --pool calls otherwise."""


def worker_node(name: str, answers: Mapping[str, Any]) -> WorkerNode:
    """Given a worker's name and its answers by question, return what they say.

    Raises KeyError, TypeError, ValueError or AttributeError where one has another shape.
    """
    stats = answers["stats"]
    pool = stats.get("pool") or {}
    return WorkerNode(
        name=name,
        queues=tuple(queue["name"] for queue in answers["active_queues"] or ()),
        active=tuple(map(_running, answers["active"])),
        reserved=len(answers["reserved"]),
        held=tuple(map(_held, answers["scheduled"])),
        accepted=sum(stats["total"].values()),
        taken=dict(stats["total"]),
        settings=answers.get("conf", {}),
        pool=_pool(str(pool.get("implementation") or "")),
        size=int(pool.get("max-concurrency") or 0),
        requeued=frozenset(_requeued(answers.get("registered") or ())),
    )


def software(report: object) -> Software:
    """Given a worker's answer to `report`, return the versions of the libraries that it runs."""
    text = str(report.get("ok")) if isinstance(report, dict) else ""
    return Software(_version("celery", text), _version("kombu", text))


def _version(library: str, text: str) -> tuple[int, ...] | None:
    found = re.search(rf"\b{library}:(\d+(?:\.\d+)+)", text)
    return tuple(map(int, found[1].split("."))) if found else None


def _running(request: Mapping[str, Any]) -> RunningTask:
    started, acknowledged = request.get("time_start"), request.get("acknowledged")
    delivery = request.get("delivery_info") or {}
    return RunningTask(
        id=str(request["id"]),
        name=str(request["name"]),
        started=float(started) if started else None,
        acknowledged=acknowledged if isinstance(acknowledged, bool) else None,
        redelivered=bool(delivery.get("redelivered")),
    )


def _held(entry: Mapping[str, Any]) -> HeldTask:
    # A task held back by its rate limit has no time of its own.
    due = datetime.fromisoformat(entry["eta"]) if entry["eta"] else None
    if due is not None and due.tzinfo is None:
        due = due.replace(tzinfo=UTC)
    request = entry["request"]
    return HeldTask(str(request["id"]), str(request["name"]), due)


def _pool(implementation: str) -> str:
    # As in "celery.concurrency.prefork:TaskPool".
    module = implementation.partition(":")[0].rpartition(".")[2]
    return _POOLS.get(module, module)


def _requeued(registered: Iterable[str]) -> Iterable[str]:
    # As in "shop.tasks.charge [reject_on_worker_lost=True]"; an attribute that is None is left out.
    for line in registered:
        name, _, attributes = line.partition(" [")
        if f"{REQUEUED}=True" in attributes:
            yield name
