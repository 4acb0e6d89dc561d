"""How often each judge says empty while tasks are there: `make bench-verdict`, SCHEDULES=1000.

Random schedules of publishing, consuming, acknowledging, rejecting, holding back and killing workers on a private
RabbitMQ, judged by the verdict and, beside it, by the plain listing and by passive declare. The limit is none.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from judges import OURS, PASSIVE, PASSIVE_SETTLED, PLAIN, PLAIN_SETTLED, Judged, judged
from loopback_rabbitmq import LoopbackRabbitMQ, loopback_rabbitmq

AT_ONCE = 28


def all_judged(broker: LoopbackRabbitMQ, schedules: int, first: int) -> list[Judged]:
    """Let so many schedules happen, some at once, and return what was said of them."""
    done: list[Judged] = []

    def one(seed: int) -> None:
        done.append(judged(broker, seed, compare=True))
        if len(done) % 100 == 0:
            print(f"{len(done)} schedules", file=sys.stderr)  # noqa: T201

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(first, first + schedules)))
    return done


def show(done: list[Judged], seconds: float) -> int:
    """Print what each judge said; return how often the verdict was false or never came."""
    tasks, killed = sum(item.tasks for item in done), sum(item.quorum for item in done)
    print(f"{len(done)} schedules with {tasks} tasks, {killed} of them with a quorum queue, in {seconds:.0f} s\n")  # noqa: T201
    print(f"{'judge':<30}{'said empty':>12}{'falsely':>10}{'schedules with a false one':>28}")  # noqa: T201
    for judge in (OURS, PLAIN, PLAIN_SETTLED, PASSIVE, PASSIVE_SETTLED):
        said, false = sum(item.said[judge] for item in done), sum(item.false[judge] for item in done)
        print(f"{judge:<30}{said:>12}{false:>10}{sum(item.false[judge] > 0 for item in done):>28}")  # noqa: T201
    for quorum, window in ((False, 5), (True, 10)):
        late = sorted(item.late - window for item in done if item.late is not None and item.quorum == quorum)
        if late:
            name = "with a quorum queue" if quorum else "classic only"
            figures = f"median {statistics.median(late):.2f} s, 90 % {late[int(0.9 * len(late))]:.2f} s"
            print(f"\nafter the last task and {window} s, {name}: {figures}, at most {late[-1]:.2f} s")  # noqa: T201
    missing = [item.seed for item in done if item.late is None]
    false = Counter({item.seed: item.false[OURS] for item in done if item.false[OURS]})
    print(f"\nfalse: {dict(false)}; never empty: {missing}")  # noqa: T201
    return len(missing) + len(false)


def main() -> None:
    """Print the table; exit 1 on a single false verdict."""
    schedules, first = (int(argument) for argument in (*sys.argv[1:], "1000", "1")[:2])
    with tempfile.TemporaryDirectory() as directory, loopback_rabbitmq(Path(directory)) as broker:
        began = time.monotonic()
        done = all_judged(broker, schedules, first)
        sys.exit(min(1, show(done, time.monotonic() - began)))


if __name__ == "__main__":
    main()
