"""What a broker counts, built in one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.broker_reports import workers
from migrate.brokers.report import Consumer
from migrate.brokers.statistics import BrokerStatistics, Client, QueueCounters
from migrate.lookout.reading import Reading

if TYPE_CHECKING:
    from migrate.brokers.report import Unreadable, WorkerReport

WORKER = "10.0.0.1:4000 -> 10.9.9.9:5671"
ONE_CONSUMER = (Consumer("celery", WORKER),)


def counted(name: str = "celery", published: int = 0, acknowledged: int = 0, redelivered: int = 0) -> QueueCounters:
    return QueueCounters(name, published, acknowledged, acknowledged, redelivered)


def a_client(
    peer: str = "10.1.2.3:4567",
    *,
    published: int = 0,
    age: float | None = 100.0,
    software: str = "py-amqp 5.4.2",
    consumers: int = 0,
    unacknowledged: int = 0,
) -> Client:
    return Client(f"{peer} -> 10.9.9.9:5671", software, age, published, consumers, unacknowledged)


def a_reading(
    at: float,
    *queues: QueueCounters,
    clients: tuple[Client, ...] = (),
    consumers: tuple[Consumer, ...] | Unreadable = ONE_CONSUMER,
    workers_: WorkerReport | Unreadable | None = None,
) -> Reading:
    """One idle worker on celery, unless something else is given."""
    return Reading(at, BrokerStatistics(queues or (counted(),), clients), consumers, workers_ or workers())
