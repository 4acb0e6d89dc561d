"""How late the broker's counters are, and what reading them costs: `make bench-counters`.

From these figures follow how soon a leak is trusted and how often counters are read; docs/draining.md has them.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loopback_rabbitmq import Instance, LoopbackRabbitMQ, declare, loopback_rabbitmq, publish

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.clients.rabbitmq import RabbitMQ

ROUNDS = 12
SIZES = (100, 1_000, 10_000)


def main() -> None:
    """Measure both on a private RabbitMQ."""
    with tempfile.TemporaryDirectory() as directory, loopback_rabbitmq(Path(directory)) as broker:
        lateness(broker, broker.instance())
        cost(broker, broker.instance())


def lateness(broker: LoopbackRabbitMQ, instance: Instance) -> None:
    """Publish one message after the other; say how long each counter takes to know of it."""
    with broker.management(instance.address) as client:
        with instance.channel() as channel:
            declare(channel, "celery")
            by_queue, by_client = [], []
            for count in range(1, ROUNDS + 1):
                publish(channel, "celery", 1)
                began = time.monotonic()
                by_queue.append(seconds_until(lambda: published(client) >= count, began))  # noqa: B023 -- used at once
                by_client.append(seconds_until(lambda: sent(client) >= count, began))  # noqa: B023 -- likewise
                time.sleep(0.7 * count % 3)
        say("a queue's publish counter", by_queue)
        say("a channel's, its connection named", by_client)
        gone = []
        for count in range(ROUNDS + 1, ROUNDS + 7):
            with instance.channel() as channel:
                publish(channel, "celery", 1)
            gone.append(seconds_until(lambda: published(client) >= count, time.monotonic()))  # noqa: B023 -- likewise
        say("a queue's, its publisher gone at once", gone)


def cost(broker: LoopbackRabbitMQ, instance: Instance) -> None:
    """Make ever more queues; say how long reading all their counters takes."""
    with broker.management(instance.address) as client, instance.channel() as channel:
        made = 0
        for size in SIZES:
            for number in range(made, size):
                channel.queue_declare(f"queue-{number}", durable=False, auto_delete=False)
            made = size
            time.sleep(6)  # until the counters have seen them
            say(f"reading the counters of {size} queues", [seconds_of(client.statistics) for _ in range(5)])


def published(client: RabbitMQ) -> int:
    """Return what the queue has counted."""
    return client.statistics().queue("celery").published


def sent(client: RabbitMQ) -> int:
    """Return what the only connection has published."""
    return max((item.published for item in client.statistics().clients), default=0)


def seconds_until(condition: Callable[[], bool], began: float) -> float:
    """Return how long after a moment a condition came true."""
    while not condition():
        time.sleep(0.05)
    return time.monotonic() - began


def seconds_of(read: Callable[[], Any]) -> float:
    """Return how long a reading takes."""
    began = time.monotonic()
    read()
    return time.monotonic() - began


def say(what: str, seconds: list[float]) -> None:
    """Print one line."""
    print(f"{what}: median {statistics.median(seconds):.3f} s, at most {max(seconds):.3f} s", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
