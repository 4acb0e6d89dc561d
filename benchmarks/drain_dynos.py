"""What eager workers lose of a full queue, and what drain dynos lose of it: `make bench-drain-dynos`.

The demo app, told to turn eager in every process (EAGER_EVERYWHERE), gets a queue full of canvases of each kind, and
is moved in the sandbox: once as it is, its risk accepted by name, and once by drain dynos. Nothing else is published.
Both runs draw the same canvases. Exits with 1 when drain dynos lose or double a task, or the other run loses none.
"""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from e2e.stage import Stage, finish, until

from migrate.clock import SystemClock
from migrate.sandbox.demo.traffic import SHARES
from migrate.sandbox.lifecycle import throwaway
from migrate.sandbox.rehearsal.judgement import Judgement, judge, wait_until_settled
from migrate.sandbox.rehearsal.rehearsal import ledger_of
from migrate.sandbox.settings import SandboxSettings

CANVASES = int(sys.argv[1]) if len(sys.argv) > 1 else 40
"""Of each kind."""
WORKERS = 2
RUNS = {
    "eager workers": ("--no-drain-dynos", "--accept", "WORKERS_MAY_BE_EAGER"),
    "drain dynos": (),
}


def moved(options: tuple[str, ...]) -> tuple[Judgement, float]:
    """Move a fresh app with a full queue; return what its ledger says, and how many seconds the command took."""
    settings = SandboxSettings(formation={"worker": WORKERS}, rate_limit=1_000_000)
    with throwaway(settings, None, {"EAGER_EVERYWHERE": "1"}) as address, tempfile.TemporaryDirectory() as home:
        stage = Stage(address, Path(home))
        hand_over(stage, ["single"])
        until(lambda: judge(ledger_of(address)).clean)
        hand_over(stage, [kind for kind in SHARES for _ in range(CANVASES)])
        began = time.monotonic()
        ended = finish(stage.start("--to", "bunny", "--confirm", stage.app, "--json", *options), 900)
        seconds = time.monotonic() - began
        if ended.status != 0:
            raise SystemExit(ended.out + ended.err)
        left = [dyno["name"] for dyno in stage.call("GET", "+/dynos") if dyno["type"] == "run"]
        quantities = {item["type"]: item["quantity"] for item in stage.call("GET", "+/formation")}
        if left or quantities["worker"] != WORKERS:
            raise SystemExit(f"left behind: {left}, {quantities}")
        return wait_until_settled(ledger_of(address), quiet=4, deadline=30, clock=SystemClock()), seconds


def hand_over(stage: Stage, kinds: list[str]) -> None:
    """Have the app publish canvases; the number of each seeds it, so that every run draws the same ones."""
    url = f"{stage.address.router_url}/enqueue"

    def post(numbered: tuple[int, str]) -> None:
        seed, kind = numbered
        requests.post(url, params={"kind": kind, "seed": seed, "seconds": "0.3"}, timeout=60).raise_for_status()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(post, enumerate(kinds)))


def main() -> int:
    """Print the table and return the exit status."""
    found = {name: moved(options) for name, options in RUNS.items()}
    print(f"{'':<12}" + "".join(f"{name:>34}" for name in found))  # noqa: T201
    print(f"{'kind':<12}" + "".join(f"{'tasks':>12}{'lost':>11}{'doubled':>11}" for _ in found))  # noqa: T201
    for kind in SHARES:
        counts = [judgement.kinds[kind] for judgement, _ in found.values()]
        print(f"{kind:<12}" + "".join(f"{c.handed_over:>12}{c.lost:>11}{c.doubled:>11}" for c in counts))  # noqa: T201
    totals = [(j.handed_over, len(j.lost), len(j.doubled)) for j, _ in found.values()]
    print(f"{'all':<12}" + "".join(f"{tasks:>12}{lost:>11}{doubled:>11}" for tasks, lost, doubled in totals))  # noqa: T201
    print(f"{'seconds':<12}" + "".join(f"{seconds:>34.1f}" for _, seconds in found.values()))  # noqa: T201
    eager, drained = (judgement for judgement, _ in found.values())
    return 0 if drained.clean and eager.lost else 1


if __name__ == "__main__":
    sys.exit(main())
