"""Judges of a schedule: the verdict that the drain relies on, and two that are in wide use."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import amqp.exceptions
from schedules import Day

from migrate.brokers.queues import BY_RULE
from migrate.clients.broker import Broker
from migrate.clock import SystemClock
from migrate.drain.pace import Pace, pause_in_quiet
from migrate.drain.verdict import Empty, is_quiet, judge, quiet_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from loopback_rabbitmq import LoopbackRabbitMQ

    from migrate.brokers.report import Observation
    from migrate.clients.rabbitmq import RabbitMQ

PLAIN, PLAIN_SETTLED = "plain listing, one reading", "plain listing, 5 s on end"
PASSIVE, PASSIVE_SETTLED = "passive declare, one reading", "passive declare, 5 s on end"
OURS = "verdict"
SETTLE_SECONDS = 5.0


@dataclass
class Judged:
    """What was said of one schedule, held against the truth."""

    seed: int
    quorum: bool
    tasks: int
    said: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How often each judge said empty."""
    false: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How often it said so while tasks were there."""
    looks: int = 0
    late: float | None = None
    """Seconds to the verdict from the end of the last task, or from when all workers were there again."""


def judged(
    broker: LoopbackRabbitMQ, seed: int, *, quorum: bool | None = None, longest: float = 7.0, compare: bool = False
) -> Judged:
    """Let a schedule happen and judge it until it is over and said to be empty."""
    instance = broker.instance()
    day = Day(instance, seed, quorum=quorum, longest=longest)
    happening = threading.Thread(target=day.live, daemon=True)
    result = Judged(seed, bool(day.quorum), 0)
    stop = threading.Event()
    with broker.management(instance.address) as client, broker.management(instance.address) as other:
        happening.start()
        comparing = threading.Thread(target=_compare, args=(day, other, result, stop), daemon=True)
        if compare:
            comparing.start()
        try:
            _watch(day, client, result)
        finally:
            stop.set()
            happening.join(60)
            if compare:
                comparing.join(60)
            day.close()
    broker.drop(instance)
    if day.failed:
        raise AssertionError(f"schedule {seed} came to grief") from day.failed
    result.tasks = len(day.truth.born)
    return result


def _watch(day: Day, client: RabbitMQ, result: Judged) -> None:
    control: Any = day
    broker, clock, pace = Broker(day.instance.address, client, control), SystemClock(), Pace()
    seen: list[Observation] = []
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and day.failed is None:
        was_over = day.over.is_set()
        now = broker.observe(clock, day.number_of_workers, BY_RULE)
        result.looks += 1
        seen.append(now)
        pace = pace.after(now, BY_RULE)
        if isinstance(judge(seen, day.number_of_workers), Empty):
            result.said[OURS] += 1
            result.false[OURS] += bool(day.truth.outstanding(now.at, now.end))
            if was_over:
                result.late = clock.monotonic() - day.ended
                return
        if is_quiet(now, day.number_of_workers):
            # At an end that turns out to be none the watch goes on.
            time.sleep(max(0.02, pause_in_quiet(quiet_for(seen, day.number_of_workers), more=0.0)))
        else:
            time.sleep(pace.pause(now, BY_RULE, datetime.now(UTC)))


def _compare(day: Day, client: RabbitMQ, result: Judged, stop: threading.Event) -> None:
    connection = day.instance.connection()
    since: dict[str, float] = {}
    judges: tuple[tuple[str, str, Callable[[], bool]], ...] = (
        (PLAIN, PLAIN_SETTLED, lambda: _plainly_empty(client)),
        (PASSIVE, PASSIVE_SETTLED, lambda: _passively_empty(connection, day)),
    )
    try:
        while not stop.wait(0.5):
            for name, settled, empty in judges:
                began = time.monotonic()
                if not empty():
                    since.pop(name, None)
                    continue
                false = bool(day.truth.outstanding(began, time.monotonic()))
                result.said[name] += 1
                result.false[name] += false
                if began - since.setdefault(name, began) >= SETTLE_SECONDS:
                    result.said[settled] += 1
                    result.false[settled] += false
    finally:
        connection.collect()


def _plainly_empty(client: RabbitMQ) -> bool:
    """Read the queues as most scripts do: the listing, its field ``messages``, and 0 where that is missing."""
    listed = client.session.get(f"{client.base_url}/api/queues/{client.address.vhost_part}", timeout=20).json()
    return not sum(queue.get("messages", 0) for queue in listed)


def _passively_empty(connection: Any, day: Day) -> bool:
    channel = connection.channel()
    try:
        return not any(
            channel.queue_declare(queue, passive=True).message_count for queue in (*day.queues, "celery_delayed_2")
        )
    except amqp.exceptions.NotFound:
        return False
    finally:
        channel.close()
