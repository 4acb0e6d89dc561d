"""What a look costs a broker with 10, 1,000 and 10,000 queues: `make bench-poll`.

Each way to ask is repeated on a private RabbitMQ; medians of the time, the bytes of a reply as it travels, and the
processor time that the broker's process takes for one.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from demo_worker import demo_worker
from loopback_rabbitmq import Instance, LoopbackRabbitMQ, declare, loopback_rabbitmq

from migrate.brokers.queues import BY_RULE
from migrate.clients.broker import Broker
from migrate.clients.celery_control import CeleryControl
from migrate.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.clients.rabbitmq import RabbitMQ

SIZES = (10, 1000, 10_000)
COUNTS = "columns=name,messages_ready,messages_unacknowledged"
TOTALS = "disable_stats=true&enable_queue_totals=true"
LEAST_SECONDS, LEAST_TIMES = 3.0, 5


@dataclass(frozen=True)
class Bench:
    """One vhost with so many queues."""

    queues: int
    client: RabbitMQ
    beam: psutil.Process

    def listed(self, wanted: str) -> Callable[[], int]:
        """Return what asks for the queues and returns the bytes of the reply as they came over the wire."""
        url = f"{self.client.base_url}/api/queues/{self.client.address.vhost_part}?{wanted}"

        def ask() -> int:
            reply = self.client.session.get(url, timeout=120, stream=True)
            raw = len(reply.raw.read(decode_content=False))
            reply.close()
            assert reply.ok, reply.status_code  # noqa: S101 -- a figure of an error would be none
            return raw

        return ask

    def paged(self) -> int:
        """Read all pages of 500."""
        return sum(
            self.listed(f"{TOTALS}&page={page}&page_size=500")() for page in range(1, 1 + -(-self.queues // 500))
        )

    def measure(self, what: str, ask: Callable[[], int | None]) -> None:
        """Print a row of the table."""
        ask()
        times, sizes = list[float](), list[int]()
        used, began = self._processor(), time.perf_counter()
        while time.perf_counter() - began < LEAST_SECONDS or len(times) < LEAST_TIMES:
            at = time.perf_counter()
            sizes.append(ask() or 0)
            times.append(1000 * (time.perf_counter() - at))
        each = 1000 * (self._processor() - used) / len(times)
        size = f"{sizes[-1] / 1000:.1f}" if sizes[-1] else ""
        print(f"| {self.queues:,} | {what} | {statistics.median(times):.1f} | {size} | {each:.1f} |", flush=True)  # noqa: T201

    def _processor(self) -> float:
        times = self.beam.cpu_times()
        return float(times.user + times.system)


def fill(instance: Instance, queues: int) -> None:
    """Declare so many durable queues."""
    with instance.channel() as channel:
        for number in range(queues):
            declare(channel, f"queue-{number:05}")


def look(broker: Broker) -> Callable[[], None]:
    """Return what looks once at an empty broker: counts, register, exchanges and workers."""

    def ask() -> None:
        broker.observe(SystemClock(), 1, BY_RULE)

    return ask


def measured(broker: LoopbackRabbitMQ, queues: int, home: Path) -> None:
    """Print the rows of one size."""
    instance = broker.instance()
    fill(instance, queues)
    with broker.management(instance.address) as client, demo_worker(home, instance.url):
        control = CeleryControl(instance.address)
        bench = Bench(queues, client, beam_of(broker))
        time.sleep(6)  # one statistics interval, so that the plain listing has everything
        bench.measure("plain listing", bench.listed(""))
        bench.measure("plain, three columns", bench.listed(COUNTS))
        bench.measure("**totals: a look while there is work**", bench.listed(TOTALS))
        bench.measure("totals, three columns", bench.listed(f"{TOTALS}&{COUNTS}"))
        bench.measure("totals, in pages of 500", bench.paged)
        bench.measure("the register of names", bench.listed("disable_stats=true&columns=name"))
        bench.measure("`celery inspect active`, 1 worker", lambda: _inspect(control))
        bench.measure("**a whole look at an empty broker**", look(Broker(instance.address, client, control)))
        control.close()
    broker.drop(instance)


def _inspect(control: CeleryControl) -> None:
    control._ask("active", control.roll_call(1))  # noqa: SLF001 -- one question of the five that a report asks


def beam_of(broker: LoopbackRabbitMQ) -> psutil.Process:
    """Return the process of the node, known by its name."""
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "beam.smp" and process.environ().get("RABBITMQ_NODENAME") == broker.node.name:
            return process
    raise LookupError(broker.node.name)


def main() -> None:
    """Print the table."""
    print("| queues | way to ask | ms | kB | broker's processor, ms |\n|---|---|---|---|---|")  # noqa: T201
    with tempfile.TemporaryDirectory() as directory, loopback_rabbitmq(Path(directory)) as broker:
        for size in map(int, sys.argv[1:] or SIZES):
            home = Path(directory) / f"home-{size}"
            home.mkdir()
            measured(broker, size, home)


if __name__ == "__main__":
    main()
