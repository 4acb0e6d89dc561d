"""Random days in the life of a broker, with the truth about each message kept by the one who makes them happen.

A schedule publishes, consumes, acknowledges, rejects, holds tasks back, delays messages and kills workers, over
real AMQP. The workers are simulated, so that what they have in hand is known at every instant; they take, hold and
acknowledge as Celery's do, early or late.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import amqp

from migrate.brokers.queues import mailbox
from migrate.brokers.report import HeldTask, RunningTask, WorkerNode, WorkerReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from loopback_rabbitmq import Instance

TICK: Final = 0.01
DELAY_QUEUE: Final = "celery_delayed_2"


@dataclass
class Truth:
    """What is certainly in the broker or in a worker's hands, and since when."""

    born: dict[str, float] = field(default_factory=dict)
    """When the broker had confirmed each message."""
    gone: dict[str, float] = field(default_factory=dict)
    """When it began to be done with for good."""

    def outstanding(self, began: float, ended: float) -> int:
        """Return how many tasks were there for the whole of a span, so that nobody who looked could miss them."""
        born = dict(self.born)
        return sum(at <= began and self.gone.get(task, ended + 1) > ended for task, at in born.items())


@dataclass
class Task:
    """One delivery in a worker's hands."""

    body: dict[str, Any]
    tag: int
    redelivered: bool
    ends: float = 0.0
    acknowledged: bool = False


@dataclass
class SimulatedWorker:
    """One connection that consumes, with Celery's habits."""

    name: str
    instance: Instance
    queues: tuple[str, ...]
    early: bool
    prefetch: int
    day: Day
    accepted: int = 0
    reserved: deque[Task] = field(default_factory=deque)
    held: list[Task] = field(default_factory=list)
    running: list[Task] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connection = self.instance.connection()
        self.channel: Any = self.connection.channel()
        self.channel.queue_declare(mailbox(self.name), exclusive=True, auto_delete=True)
        self.channel.basic_qos(0, self.prefetch, a_global=False)
        for queue in self.queues:
            self.channel.basic_consume(queue, callback=self._take)

    def step(self) -> None:
        """Take what has come, begin, end and hold back tasks."""
        with contextlib.suppress(socket.timeout, TimeoutError):
            while True:
                self.connection.drain_events(timeout=0.0005)
        with self.day.lock:
            now = time.time()
            for task in [item for item in self.held if item.body["eta"] <= now]:
                self.held.remove(task)
                self.reserved.append(task)
            for task in [item for item in self.running if item.ends <= time.monotonic()]:
                self._end(task)
            while self.reserved and len(self.running) < 2:
                self._begin(self.reserved.popleft())

    def kill(self) -> None:
        """Lose it as on SIGKILL: what was acknowledged and runs is lost, the rest goes back to its queue."""
        for task in self.running:
            if task.acknowledged:
                self.day.truth.gone[task.body["id"]] = time.monotonic()
        self.connection.collect()

    def node(self) -> WorkerNode:
        held = tuple(
            HeldTask(task.body["id"], "work", datetime.fromtimestamp(task.body["eta"], UTC)) for task in self.held
        )
        active = tuple(RunningTask(task.body["id"], "work", None) for task in self.running)
        return WorkerNode(self.name, self.queues, active, len(self.reserved), held, self.accepted)

    def _take(self, message: Any) -> None:
        with self.day.lock:
            task = Task(json.loads(message.body), message.delivery_tag, bool(message.delivery_info["redelivered"]))
            (self.held if task.body["eta"] > time.time() else self.reserved).append(task)

    def _begin(self, task: Task) -> None:
        self.accepted += 1
        if task.body["reject"] and not task.redelivered:
            self.channel.basic_reject(task.tag, requeue=True)
            return
        self.running.append(task)
        task.ends = time.monotonic() + task.body["seconds"]
        if self.early:
            self.channel.basic_ack(task.tag)
            task.acknowledged = True

    def _end(self, task: Task) -> None:
        if task.body["chain"]:
            self.day.publish({**task.body, "chain": task.body["chain"] - 1, "eta": 0.0})
        self.day.truth.gone[task.body["id"]] = time.monotonic()
        if not task.acknowledged:
            self.channel.basic_ack(task.tag)
        self.running.remove(task)


@dataclass
class Day:
    """One schedule on a vhost of its own, made from a seed."""

    instance: Instance
    seed: int
    quorum: bool | None = None
    """Whether one of the queues is a quorum queue; None: by chance."""
    longest: float = 7.0
    """Seconds at most in which something new happens."""
    truth: Truth = field(default_factory=Truth)
    lock: threading.RLock = field(default_factory=threading.RLock)
    workers: list[SimulatedWorker] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    """Set once everything that was published is done."""
    ended: float = 0.0
    """When that was."""
    failed: BaseException | None = None

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        count = self.random.choice((1, 1, 2, 3))
        self.queues = tuple(f"q{number}" for number in range(count))
        if self.quorum is None:
            self.quorum = self.random.random() < 0.15
        self.number_of_workers = self.random.choice((1, 1, 2, 3))
        self.connection = self.instance.connection()
        self.channel: Any = self.connection.channel()
        for number, queue in enumerate(self.queues):
            arguments: dict[str, Any] = {"x-queue-type": "quorum"} if self.quorum and number == 0 else {}
            if not arguments and self.random.random() < 0.2:
                arguments = {"x-max-priority": 5}
            self.channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
        back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": self.queues[0]}
        self.channel.queue_declare(DELAY_QUEUE, durable=True, auto_delete=False, arguments=back)

    def report(self, _expected: int | None = None) -> WorkerReport:
        """Answer for the workers, as remote control does."""
        with self.lock:
            return WorkerReport(tuple(worker.node() for worker in self.workers))

    def publish(self, body: dict[str, Any], delay: float = 0.0) -> None:
        """Publish a task; the broker has confirmed it on return."""
        task = f"task-{len(self.truth.born)}"
        properties = {"expiration": str(int(1000 * delay))} if delay else {}
        queue = DELAY_QUEUE if delay else self.random.choice(self.queues)
        message = amqp.Message(json.dumps({**body, "id": task}), delivery_mode=2, **properties)
        self.channel.basic_publish(message, routing_key=queue)
        self.truth.born[task] = time.monotonic()

    def live(self) -> None:
        """Let it all happen; returns once everything that was published is done."""
        try:
            self._live()
        except BaseException as error:
            self.failed = error
            raise
        finally:
            self.over.set()

    def close(self) -> None:
        for worker in self.workers:
            worker.connection.collect()
        self.connection.collect()

    def _live(self) -> None:
        for _ in range(self.number_of_workers):
            self._start_worker()
        closing = time.monotonic() + self.random.uniform(1.0, self.longest)
        started = next_event = time.monotonic()
        revivals: list[float] = []
        while True:
            now = time.monotonic()
            if now >= next_event and now < closing:
                self._happen(revivals)
                next_event = now + self.random.choice((0.05, 0.2, 0.5, 1.0, 2.0, 3.0)) * self.random.random()
            while revivals and revivals[0] <= now:
                revivals.pop(0)
                self._start_worker()
                started = time.monotonic()
            for worker in self.workers:
                worker.step()
            with self.lock:
                done = now >= closing and not revivals and len(self.truth.gone) == len(self.truth.born)
            if done:
                self.ended = max(started, *self.truth.gone.values(), 0.0)
                return
            time.sleep(TICK)

    def _happen(self, revivals: list[float]) -> None:
        happening: Callable[[list[float]], None] = self.random.choices(
            (self._publish_some, self._publish_delayed, self._lose_a_worker), weights=(8, 2, 1)
        )[0]
        happening(revivals)

    def _publish_some(self, _revivals: list[float]) -> None:
        for _ in range(self.random.choice((1, 1, 1, 3, 10, 30))):
            with self.lock:
                self.publish(self._body())

    def _publish_delayed(self, _revivals: list[float]) -> None:
        with self.lock:
            self.publish(self._body(), delay=self.random.uniform(0.2, max(1.0, self.longest - 4.0)))

    def _lose_a_worker(self, revivals: list[float]) -> None:
        if self.workers:
            with self.lock:
                self.workers.pop(self.random.randrange(len(self.workers))).kill()
            revivals.append(time.monotonic() + self.random.uniform(0.1, 2.0))
            revivals.sort()

    def _start_worker(self) -> None:
        name = f"worker-{self.random.getrandbits(32):08x}"
        early, prefetch = self.random.random() < 0.6, self.random.choice((1, 4, 8))
        worker = SimulatedWorker(name, self.instance, self.queues, early, prefetch, self)
        with self.lock:
            self.workers.append(worker)

    def _body(self) -> dict[str, Any]:
        later = self.random.uniform(0.5, max(1.0, self.longest - 3.0))
        return {
            "seconds": self.random.choice((0.0, 0.01, 0.05, 0.3, 1.5)) * self.random.random(),
            "eta": time.time() + later if self.random.random() < 0.1 else 0.0,
            "reject": self.random.random() < 0.1,
            "chain": self.random.choice((0, 0, 0, 0, 1, 3)),
        }
