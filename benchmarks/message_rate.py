"""How many messages idle Celery workers cost, by their flags: `make bench-message-rate`; takes 20 minutes.

Real workers on a private RabbitMQ, a vhost for each fleet, and nobody else there: no task, no monitor. Counted as
CloudAMQP counts, a publish as one message and a delivery as another, between two readings of the broker's own
counters a minute apart, long after the last worker has started; what a start costs is counted by itself.
docs/message-rate.md has the figures, and a chart of them that is drawn here.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from loopback_rabbitmq import Instance, LoopbackRabbitMQ, loopback_rabbitmq
from message_rate_chart import chart
from polling import until

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES: Final = (1, 5, 10, 20)
THREE: Final = ("--without-gossip", "--without-mingle", "--without-heartbeat")
FLAGS: Final = {
    "default flags": (),
    **{flag: (flag,) for flag in THREE},
    "all three": THREE,
}
DRAWN: Final = {
    "default flags, or --without-mingle": "default flags",
    "--without-gossip": "--without-gossip",
    "--without-heartbeat, or all three": "all three",
}
"""Lines of the chart; what costs the same is one line."""
STARTS: Final = {
    "mingle and gossip": ("--without-heartbeat",),
    "--without-mingle": ("--without-heartbeat", "--without-mingle"),
    "--without-gossip": ("--without-heartbeat", "--without-gossip"),
    "all three": THREE,
}
"""Without heartbeats, so that what is counted is the start alone."""
POOLS: Final = {"solo": (), "threads": ("-c", "2"), "prefork": ("-c", "2")}
SETTLED_SECONDS: Final = 30.0
"""After so long the counters have what the start cost, for all of it is up to 10 s late."""
WINDOW_SECONDS: Final = 60.0
A_MONTH: Final = 30 * 86_400
CHART: Final = Path(__file__).parents[1] / "docs" / "message-rate.svg"


@dataclass(frozen=True)
class Counted:
    """What a vhost has counted since it was made."""

    published: int
    delivered: int


@dataclass(frozen=True)
class Fleet:
    """Workers on a vhost of their own."""

    instance: Instance
    home: Path
    options: tuple[str, ...]
    processes: dict[Path, subprocess.Popen[bytes]] = field(default_factory=dict)
    """By their logs."""

    def start(self, name: str) -> None:
        """Start a worker as a dyno does, with no app of its own."""
        log = self.home / f"{self.instance.address.vhost}-{name}.log"
        with log.open("wb") as output:
            self.processes[log] = subprocess.Popen(  # noqa: S603 -- the command is made here
                [sys.executable, "-m", "celery", "worker", "-l", "INFO", "-n", f"{name}@idle", *self.options],
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "CELERY_BROKER_URL": self.instance.url},
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Return when every worker takes tasks."""
        until(lambda: all(" ready." in log.read_text() for log in self.processes), seconds=300)

    def end(self) -> None:
        """End every process of every worker."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@dataclass(frozen=True)
class Measured:
    """What a fleet costs a second, once settled."""

    published: float
    delivered: float

    @property
    def messages(self) -> float:
        """Both together, as CloudAMQP counts."""
        return self.published + self.delivered


def main() -> None:
    """Measure every fleet, print tables, draw the chart."""
    with tempfile.TemporaryDirectory() as directory, loopback_rabbitmq(Path(directory)) as broker:
        home = Path(directory)
        say("messages a second, published + delivered; workers:", list(map(str, SIZES)))
        rows = {}
        for name, flags in FLAGS.items():
            rows[name] = measured(broker, home, [(size, ("-P", "solo", *flags)) for size in SIZES])
            say(name, [f"{item.published:.1f} + {item.delivered:.1f} = {item.messages:.1f}" for item in rows[name]])
        for name, items in rows.items():
            say(f"{name}: in 30 days", [f"{item.messages * A_MONTH:,.0f}" for item in items])
        for name, flags in STARTS.items():
            say(f"one more starts, {name}", list(map(str, starts(broker, home, ("-P", "solo", *flags)))))
        pools = measured(broker, home, [(5, ("-P", pool, *more)) for pool, more in POOLS.items()])
        say(f"5 workers, default flags: {', '.join(POOLS)}", [f"{item.messages:.1f}" for item in pools])
    series = {label: [item.messages for item in rows[name]] for label, name in DRAWN.items()}
    CHART.write_text(chart(SIZES, series))


def measured(broker: LoopbackRabbitMQ, home: Path, fleets: list[tuple[int, tuple[str, ...]]]) -> list[Measured]:
    """Given sizes and options of fleets, run them beside each other and return what each costs."""
    with contextlib.ExitStack() as stack:
        running = settled(stack, broker, home, fleets)
        before = [reading(broker, item) for item in running]
        time.sleep(WINDOW_SECONDS)
        after = [reading(broker, item) for item in running]
    return [
        Measured((now.published - then.published) / (end - began), (now.delivered - then.delivered) / (end - began))
        for (began, then), (end, now) in zip(before, after, strict=True)
    ]


def starts(broker: LoopbackRabbitMQ, home: Path, options: tuple[str, ...]) -> list[int]:
    """Given options with which workers that have started cost nothing, return what the start of one more costs."""
    with contextlib.ExitStack() as stack:
        running = settled(stack, broker, home, [(size, options) for size in SIZES])
        before = [total(broker, item) for item in running]
        for item in running:
            item.start("late")
            item.wait_until_ready()
        time.sleep(SETTLED_SECONDS)
        return [total(broker, item) - then for item, then in zip(running, before, strict=True)]


def settled(
    stack: contextlib.ExitStack, broker: LoopbackRabbitMQ, home: Path, fleets: list[tuple[int, tuple[str, ...]]]
) -> list[Fleet]:
    """Start fleets beside each other; return them when the broker has counted what that cost."""
    running = [stack.enter_context(fleet(broker, home, size, options)) for size, options in fleets]
    for item in running:
        item.wait_until_ready()
    time.sleep(SETTLED_SECONDS)
    return running


@contextlib.contextmanager
def fleet(broker: LoopbackRabbitMQ, home: Path, size: int, options: tuple[str, ...]) -> Iterator[Fleet]:
    """Start so many workers on a new vhost; they are gone, and it too, when the block is left."""
    started = Fleet(broker.instance(), home, options)
    try:
        for number in range(size):
            started.start(f"w{number}")
        yield started
    finally:
        started.end()
        broker.drop(started.instance)


def reading(broker: LoopbackRabbitMQ, fleet: Fleet) -> tuple[float, Counted]:
    """Return when what was counted."""
    with broker.management(fleet.instance.address) as client:
        at, traffic = time.monotonic(), client.traffic()
    if traffic.published is None or traffic.delivered is None:
        raise RuntimeError("RabbitMQ counts by vhost")
    return at, Counted(traffic.published, traffic.delivered)


def total(broker: LoopbackRabbitMQ, fleet: Fleet) -> int:
    """Return all that was ever published and delivered."""
    counted = reading(broker, fleet)[1]
    return counted.published + counted.delivered


def say(what: str, figures: list[str]) -> None:
    """Print one row of a table."""
    print(f"| {what} | {' | '.join(figures)} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
