"""The verdict on emptiness: pure functions over a series of observations.

"The queue is empty" is the sentence on which the old broker is deleted with everything in it. So it takes
more than one zero: every observation of a settle window must be zero, none of the workers may have run
anything in it, and whatever could not be read is neither. Delays of each source were measured against
RabbitMQ 3.10 and Celery 5.7: docs/draining.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from migrate.broker_report import Observation, QueueReport, Unreadable, WorkerReport
from migrate.queues import work_queues

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

SETTLE_LIVE: Final = 5.0
"""Seconds that everything must stay empty when the queue processes answer themselves."""
SETTLE_LAGGING: Final = 10.0
"""The same where counts lag: quorum queues (up to 4.5 s measured) or a cached listing (up to 9.7 s)."""


@dataclass(frozen=True)
class Empty:
    """No task is on the broker or in a worker's hands, and none was for the whole settle window."""

    settled: float
    """Seconds that were watched."""


@dataclass(frozen=True)
class NotEmpty:
    """Work is there, or was there a moment ago."""

    reason: str


@dataclass(frozen=True)
class Unknown:
    """It cannot be said; never to be read as empty."""

    reason: str


Verdict = Empty | NotEmpty | Unknown


def judge(observations: Sequence[Observation], expected_workers: int) -> Verdict:
    """Given observations in time order and how many workers must answer, return the verdict as of the last.

    The window is counted back from the last observation over those that are quiet and show that no worker
    took a task in between.
    """
    if not observations:
        return Unknown("nothing was observed yet")
    last = observations[-1]
    if trouble := _trouble(last, expected_workers):
        return trouble
    window, quiet_since = 0.0, last.at
    for earlier in reversed(observations):
        if _trouble(earlier, expected_workers) or _accepted(earlier) != _accepted(last):
            break
        window, quiet_since = max(window, settle_window(earlier)), earlier.at
    settled = last.at - quiet_since
    if settled < window:
        return NotEmpty(f"empty for {int(settled)} of {window:.0f} s")
    return Empty(settled)


def still_empty(proof: Observation, now: Observation, expected_workers: int) -> bool:
    """Given the last look of a watch that ended with Empty and a later one, say whether nothing has moved since."""
    return _trouble(now, expected_workers) is None and _accepted(now) == _accepted(proof)


def rate(observations: Sequence[Observation]) -> float | None:
    """Given observations in time order, return how many messages fewer there are each second.

    None where that cannot be said, or where they do not get fewer.
    """
    counted = [(item.at, _messages(item.queues)) for item in observations if isinstance(item.queues, QueueReport)]
    if len(counted) < 2:  # noqa: PLR2004 -- a rate needs two readings
        return None
    (began, first), (ended, last) = counted[0], counted[-1]
    return round((first - last) / (ended - began), 2) if ended > began and last < first else None


def settle_window(observation: Observation) -> float:
    """Given an observation, return for how long the emptiness it shows must last, in seconds."""
    queues = observation.queues
    if isinstance(queues, Unreadable) or not queues.live:
        return SETTLE_LAGGING
    lagging = any(queue.type != "classic" for queue in work_queues(queues))
    return SETTLE_LAGGING if lagging else SETTLE_LIVE


def _trouble(observation: Observation, expected_workers: int) -> NotEmpty | Unknown | None:
    if isinstance(observation.queues, Unreadable):
        return Unknown(observation.queues.reason)
    work = work_queues(observation.queues)
    for queue in work:
        if queue.state not in {"running", "idle", "flow"}:
            return Unknown(f"queue {queue.name} is {queue.state}: its counts mean nothing")
    if messages := sum(queue.messages for queue in work):
        return NotEmpty(_how_many(messages, observation.workers))
    return _trouble_in_workers(observation.workers, expected_workers)


def _trouble_in_workers(workers: WorkerReport | Unreadable | None, expected: int) -> NotEmpty | Unknown | None:
    if workers is None:
        return Unknown("the workers were not asked")
    if isinstance(workers, Unreadable):
        return Unknown(workers.reason)
    if len(workers.nodes) < expected:
        return Unknown(f"{len(workers.nodes)} of {expected} workers answered")
    for node in workers.nodes:
        if not node.idle:
            running = ", ".join(sorted({task.name for task in node.active})) or "reserved tasks"
            return NotEmpty(f"{node.name} is still running {running}")
        if node.held:
            return NotEmpty(_how_many(sum(len(each.held) for each in workers.nodes), workers))
    return None


def _how_many(messages: int, workers: WorkerReport | Unreadable | None) -> str:
    text = f"{messages} {'message' if messages == 1 else 'messages'} left"
    if not isinstance(workers, WorkerReport):
        return text
    due = latest_due(workers)
    held = sum(len(node.held) for node in workers.nodes)
    return f"{text}; {held} held until {due:%H:%M:%S} UTC" if due else text


def latest_due(workers: WorkerReport) -> datetime | None:
    """Given a report, return when the last task that a worker holds for later is due."""
    return max((task.due for node in workers.nodes for task in node.held if task.due), default=None)


def _messages(queues: QueueReport) -> int:
    return sum(queue.messages for queue in work_queues(queues))


def _accepted(observation: Observation) -> object:
    return observation.workers.accepted if isinstance(observation.workers, WorkerReport) else None
