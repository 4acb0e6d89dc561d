"""CloudAMQP's formula, the corrected estimate and what is really open, with real processes: `make bench-connections`.

Every combination runs on a vhost of its own of a private RabbitMQ. Each process publishes, from as many threads at
once as it has, and the workers are asked once by remote control; then the open connections are counted. Prints the
table of docs/connections.md, and fails where an estimate is below the figure or more than 1 a process above it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from connecting import Combination, running
from loopback_rabbitmq import loopback_rabbitmq

COMBINATIONS = (
    Combination(1, worker_dynos=1),
    Combination(1, web_dynos=1, web_workers=2, worker_dynos=1, concurrency=4),
    Combination(1, web_dynos=2, web_workers=2, worker_dynos=2, concurrency=2),
    Combination(1, web_dynos=1, worker_dynos=1, concurrency=8),
    Combination(1, web_dynos=1, web_workers=2, worker_dynos=1, concurrency=4, quiet=False),
    Combination(1, web_dynos=2, web_workers=3, worker_dynos=2, concurrency=2, quiet=False, beat=1),
    Combination(10, web_dynos=1, web_workers=2, worker_dynos=1, concurrency=4),
    Combination(10, web_dynos=1, web_workers=2, web_threads=4, worker_dynos=1, concurrency=4),
    Combination(2, web_dynos=1, web_workers=2, web_threads=4, worker_dynos=1, concurrency=4, pool="threads"),
    Combination(1, web_dynos=1, worker_dynos=1, concurrency=8, pool="threads"),
    Combination(10, web_dynos=1, worker_dynos=2, concurrency=4, pool="threads"),
    Combination(4, web_dynos=1, web_workers=2, worker_dynos=1, concurrency=8, pool="threads", quiet=False),
    Combination(1, web_dynos=1, worker_dynos=1, pool="solo", quiet=False),
    Combination(10, web_dynos=1, web_workers=2, web_threads=2, worker_dynos=1, concurrency=3, rpc=True),
    Combination(10, worker_dynos=1, flower=1),
)


def main() -> int:
    """Measure every combination and print a row for each."""
    sys.stdout.write("| pool limit | web | worker | | formula | estimate | open |\n|---|---|---|---|---|---|---|\n")
    wrong = 0
    with tempfile.TemporaryDirectory() as directory, loopback_rabbitmq(Path(directory)) as broker:
        for number, chosen in enumerate(COMBINATIONS):
            with running(Path(directory) / f"app.{number}", broker, chosen) as app:
                app.publish_everywhere()
                app.inspect()
                found, processes = sum(app.open_connections().values()), app.processes_of()
            # migrate-plan's own are not open while it is measured.
            estimated = chosen.budget.connections - chosen.budget.own
            wrong += not found <= estimated <= found + processes
            sys.stdout.write(_row(chosen, estimated, found))
            sys.stdout.flush()
    return 1 if wrong else 0


def _row(chosen: Combination, estimated: int, found: int) -> str:
    web = f"{chosen.web_dynos} x {chosen.web_workers} x {chosen.web_threads}" if chosen.web_dynos else "-"
    worker = f"{chosen.worker_dynos} x {chosen.concurrency} {chosen.pool}"
    besides = (
        "" if chosen.quiet or not chosen.worker_dynos else "default flags",
        f"{chosen.beat} beat" if chosen.beat else "",
        f"{chosen.flower} Flower" if chosen.flower else "",
        "rpc" if chosen.rpc else "",
    )
    said = ", ".join(filter(None, besides))
    return f"| {chosen.pool_limit} | {web} | {worker} | {said} | {chosen.budget.formula} | {estimated} | {found} |\n"


if __name__ == "__main__":
    sys.exit(main())
