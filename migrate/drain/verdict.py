"""The verdict on emptiness: pure functions over a series of observations.

"The queue is empty" is the sentence on which the old broker is deleted with everything in it. So it takes
more than one zero: every observation of a settle window must be zero, none of the workers may have run
anything in it, and whatever could not be read is neither. Delays of each source were measured against
RabbitMQ 3.10 and Celery 5.7: docs/draining.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.brokers.queues import BY_RULE, mailbox
from migrate.brokers.report import Inventory, Observation, QueueReport, Unreadable, WorkerReport
from migrate.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from migrate.brokers.queues import Sorting

SETTLE_LIVE: Final = 5.0
"""Seconds that everything must stay empty when the queue processes answer themselves."""
SETTLE_LAGGING: Final = 10.0
"""The same where counts lag: quorum queues (up to 4.5 s measured) or a cached listing (up to 9.7 s)."""


STILL_SECONDS: Final = 60.0
"""For so long no message has come or gone where what is left is taken to be stuck."""


class Empty(Struct, frozen=True):
    """No task is on the broker or in a worker's hands, and none was for the whole settle window."""

    settled: float
    """Seconds that were watched."""


class NotEmpty(Struct, frozen=True):
    """Work is there, or was there a moment ago."""

    reason: str


class Unknown(Struct, frozen=True):
    """It cannot be said; never to be read as empty."""

    reason: str


Verdict = Empty | NotEmpty | Unknown


class Quiet(Struct, frozen=True):
    """For how long nothing was there, and for how long that must last; in seconds."""

    settled: float
    window: float


def judge(observations: Sequence[Observation], expected_workers: int, sorting: Sorting = BY_RULE) -> Verdict:
    """Given observations in time order and how many workers must answer, return the verdict as of the last.

    The window is counted from the end of the first to the beginning of the last of those that are quiet on
    end and show that no worker took a task in between: whatever a slow answer meant, it is longer in truth.
    """
    if not observations:
        return Unknown("nothing was observed yet")
    last = observations[-1]
    if trouble := _trouble(last, expected_workers, sorting):
        return trouble
    quiet = quiet_for(observations, expected_workers, sorting)
    if quiet.settled < quiet.window:
        return NotEmpty(f"empty for {int(quiet.settled)} of {quiet.window:.0f} s")
    return Empty(quiet.settled)


def quiet_for(observations: Sequence[Observation], expected_workers: int, sorting: Sorting = BY_RULE) -> Quiet:
    """Given observations of which the last was quiet, return for how long it has been so at their end."""
    window, last = 0.0, observations[-1]
    since = last.at
    for earlier in reversed(observations):
        if _trouble(earlier, expected_workers, sorting) or _accepted(earlier) != _accepted(last):
            break
        window, since = max(window, settle_window(earlier, sorting)), earlier.end
    return Quiet(max(0.0, last.at - since), window or SETTLE_LAGGING)


def is_quiet(observation: Observation, expected_workers: int, sorting: Sorting = BY_RULE) -> bool:
    """Given an observation, say whether it shows no work and everything could be read."""
    return _trouble(observation, expected_workers, sorting) is None


def still_empty(proof: Observation, now: Observation, expected_workers: int, sorting: Sorting = BY_RULE) -> bool:
    """Given the last look of a watch that ended with Empty and a later one, say whether nothing has moved since."""
    return _trouble(now, expected_workers, sorting) is None and _accepted(now) == _accepted(proof)


def stands_still(observations: Sequence[Observation], sorting: Sorting = BY_RULE) -> bool:
    """Given observations in time order, say whether work is left and nothing of it has moved for STILL_SECONDS."""
    last = observations[-1]
    if isinstance(last.queues, Unreadable) or not sorting.messages(last.queues):
        return False
    for earlier in reversed(observations):
        if isinstance(earlier.queues, Unreadable) or _counts(earlier.queues, sorting) != _counts(
            last.queues, sorting
        ):
            return False
        if last.at - earlier.at >= STILL_SECONDS:
            return True
    return False


def settle_window(observation: Observation, sorting: Sorting = BY_RULE) -> float:
    """Given an observation, return for how long the emptiness it shows must last, in seconds."""
    queues = observation.queues
    if isinstance(queues, Unreadable) or not queues.live:
        return SETTLE_LAGGING
    lagging = any(queue.type != "classic" for queue in sorting.work(queues))
    return SETTLE_LAGGING if lagging else SETTLE_LIVE


def _counts(queues: QueueReport, sorting: Sorting) -> dict[str, tuple[int, int]]:
    return {queue.name: (queue.messages, queue.unacknowledged) for queue in sorting.work(queues)}


def _trouble(observation: Observation, expected_workers: int, sorting: Sorting) -> NotEmpty | Unknown | None:
    if isinstance(observation.queues, Unreadable):
        return Unknown(observation.queues.reason)
    work = sorting.work(observation.queues)
    for queue in work:
        if queue.state not in {"running", "idle", "flow"}:
            return Unknown(f"queue {queue.name} is {queue.state}: its counts mean nothing")
    if left := sum(queue.messages for queue in work):
        return NotEmpty(_how_many(left, observation.workers))
    return (
        _trouble_besides_counts(observation, sorting)
        or _trouble_in_workers(observation.workers, expected_workers)
        or _trouble_between(observation.inventory, observation.workers)
    )


def _trouble_besides_counts(observation: Observation, sorting: Sorting) -> NotEmpty | Unknown | None:
    queues, inventory = observation.queues, observation.inventory
    if isinstance(queues, Unreadable) or inventory is None:
        return Unknown("which queues there are was not asked")
    if isinstance(inventory, Unreadable):
        return Unknown(inventory.reason)
    if missing := sorting.uncounted(queues, inventory):
        return Unknown(f"queue {missing[0]} exists and is not counted: its process may have crashed")
    for exchange, delayed in inventory.delayed.items():
        if delayed:
            return NotEmpty(f"{counted(delayed, 'message')} held back by exchange {exchange}")
    return None


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


def _trouble_between(
    inventory: Inventory | Unreadable | None, workers: WorkerReport | Unreadable | None
) -> Unknown | None:
    # Two doors, one broker: what the API shows says nothing of workers that are connected to another one.
    if isinstance(inventory, Inventory) and isinstance(workers, WorkerReport):
        for node in workers.nodes:
            if mailbox(node.name) not in inventory.queues:
                return Unknown(f"the management API does not show the mailbox of {node.name}: is it of this broker?")
    return None


def _how_many(count: int, workers: WorkerReport | Unreadable | None) -> str:
    text = f"{counted(count, 'message')} left"
    if not isinstance(workers, WorkerReport):
        return text
    due = latest_due(workers)
    held = sum(len(node.held) for node in workers.nodes)
    return f"{text}; {held} held until {due:%H:%M:%S} UTC" if due else text


def latest_due(workers: WorkerReport) -> datetime | None:
    """Given a report, return when the last task that a worker holds for later is due."""
    return max((task.due for node in workers.nodes for task in node.held if task.due), default=None)


def _accepted(observation: Observation) -> object:
    return observation.workers.accepted if isinstance(observation.workers, WorkerReport) else None
