"""How far a drain is, in one structure: sampled once, and drawn, logged and written by every listener.

No verdict rests on it. Its fields are described in docs/events.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from migrate.brokers.queues import BY_RULE
from migrate.brokers.report import QueueReport
from migrate.brokers.statistics import BrokerStatistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from migrate.brokers.queues import Sorting
    from migrate.brokers.report import Observation, QueueCount
    from migrate.lookout.held import Held
    from migrate.lookout.leaks import Leak
    from migrate.lookout.reading import Reading

SHOWN: Final = 50
"""Queues at most, those with most messages first: a vhost may have thousands."""
_NAMED: Final = 10


def figures(looks: Sequence[Observation], readings: Sequence[Reading], sorting: Sorting) -> dict[str, Any]:
    """Given looks and slower readings in time order, return the figures; empty where the last look failed."""
    queues = looks[-1].queues
    if not isinstance(queues, QueueReport):
        return {}
    work = sorted(sorting.work(queues), key=lambda queue: -queue.messages)
    left, per_second = sum(queue.messages for queue in work), rate(looks, sorting)
    return {
        "queues": [_queue(queue, readings) for queue in work[:SHOWN]],
        "messages": left,
        "messages_per_second": per_second,
        "seconds_left": round(left / per_second) if per_second and left else None,
        **_totals(work, readings),
    }


def findings(
    held: Held | None, leak: Leak | None, cause: str | None, now: datetime, seconds_left: int | None
) -> dict[str, Any]:
    """Given what was found out and the estimate by the rate alone, return the rest of the structure."""
    until = held.until if held else None
    at_least = round((until - now).total_seconds()) if until else 0
    return {
        "seconds_left": max(seconds_left or 0, at_least) or None,
        "held": None if held is None else _held(held),
        "leak": None if leak is None else _leak(leak),
        "cause": cause,
    }


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


def _totals(work: Sequence[QueueCount], readings: Sequence[Reading]) -> dict[str, int | None]:
    statistics = readings[-1].statistics if readings else None
    if not isinstance(statistics, BrokerStatistics):
        return {"published": None, "acknowledged": None}
    published, acknowledged = statistics.totals(queue.name for queue in work)
    return {"published": published, "acknowledged": acknowledged}


def _queue(queue: QueueCount, readings: Sequence[Reading]) -> dict[str, Any]:
    return {
        "name": queue.name,
        "ready": queue.ready,
        "unacknowledged": queue.unacknowledged,
        "delayed": queue.delayed,
        "consumers": readings[-1].consumers_of(queue.name) if readings else None,
        "published_per_second": _per_second(queue.name, "published", readings),
        "delivered_per_second": _per_second(queue.name, "delivered", readings),
    }


def _per_second(queue: str, counter: str, readings: Sequence[Reading]) -> float | None:
    counted = [(item.at, counters) for item in readings[-3:] if (counters := item.counters(queue)) is not None]
    if len(counted) < 2:  # noqa: PLR2004 -- a rate needs two readings
        return None
    (began, first), (ended, last) = counted[0], counted[-1]
    # A queue that was made anew begins at 0 again.
    grown = max(0, getattr(last, counter) - getattr(first, counter))
    return round(grown / (ended - began), 2) if ended > began else None


def _held(held: Held) -> dict[str, Any]:
    return {
        "tasks": held.tasks,
        "names": list(held.names),
        "until": held.until.isoformat() if held.until else None,
        "delayed": held.delayed,
        "delayed_for": held.delayed_for,
    }


def _leak(leak: Leak) -> dict[str, Any]:
    return {
        "queues": dict(leak.queues),
        "seconds": round(leak.seconds, 1),
        "certain": leak.certain,
        "publishers": [
            {
                "peer": item.client.peer,
                "software": item.client.software,
                "published": item.published,
                "origin": str(item.origin),
            }
            for item in leak.publishers
        ],
        "tasks": dict(leak.tasks),
    }


def rate(observations: Sequence[Observation], sorting: Sorting = BY_RULE) -> float | None:
    """Given observations in time order, return how many messages fewer there are each second.

    None where that cannot be said, or where they do not get fewer.
    """
    first, last = _counted(observations, sorting), _counted(reversed(observations), sorting)
    if first is None or last is None:
        return None
    (began, before), (ended, left) = first, last
    return round((before - left) / (ended - began), 2) if ended > began and left < before else None


def _counted(observations: Iterable[Observation], sorting: Sorting) -> tuple[float, int] | None:
    """Return the time and the messages of the first observation that has counts."""
    for item in observations:
        if isinstance(item.queues, QueueReport):
            return item.at, sorting.messages(item.queues)
    return None
