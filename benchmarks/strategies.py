"""What each strategy costs: `make bench-strategies`. It moves the demo app under traffic, in a sandbox of its own.

The names of strategies after it run those alone. In place an app can only be moved among shared plans, or among
dedicated ones; the others go from shared to dedicated.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from migrate.strategies import STRATEGIES

PLANS = {"in-place": "tiger"}
PLAN = "bunny"
TITLES = ("strategy", "tasks", "lost", "doubled", "releases", "restarts", "eager s", "broker-less s", "total s")
LONGEST_SECONDS = 900


@dataclass(frozen=True)
class Row:
    """One migration: how it ended, and what was counted and measured."""

    strategy: str
    code: str
    found: dict[str, Any]

    @property
    def clean(self) -> bool:
        """Whether the app was moved and every task executed exactly once."""
        return self.code == "DONE" and bool(self.found["clean"])

    def cells(self) -> list[str]:
        """Return the row as texts."""
        cost, tasks = self.found["figures"], self.found["tasks"].values()
        counts = [sum(item["handed_over"] for item in tasks), len(self.found["lost"]), len(self.found["doubled"])]
        counts += [cost["releases"], cost["restarts"]]
        seconds = [cost["eager_seconds"], cost["brokerless_seconds"], cost["seconds"]]
        return [self.strategy, *map(str, counts), *(f"{value:.1f}" for value in seconds)]


def moved(strategy: str) -> Row:
    """Move the demo app by a strategy; what a program that breaks off has said goes to stderr."""
    words = ("--to", PLANS.get(strategy, PLAN), "--sandbox", "--strategy", strategy, "--json")
    ended = subprocess.run(  # noqa: S603  our own interpreter and module
        [sys.executable, "-m", "migrate", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    events = {event["type"]: event for event in map(json.loads, ended.stdout.splitlines())}
    if ended.returncode != 0:
        print(ended.stderr, file=sys.stderr)  # noqa: T201
    if "rehearsal" not in events:
        raise SystemExit(f"{strategy} was not rehearsed: {events['result']['what']}")
    return Row(strategy, events["result"]["code"], events["rehearsal"])


def main() -> int:
    """Print the table and return 1 when an app was not moved, or a task was lost or done twice."""
    rows = []
    print(f"| {' | '.join(TITLES)} |\n|{'---|' * len(TITLES)}")  # noqa: T201
    for strategy in sys.argv[1:] or STRATEGIES:
        rows.append(moved(strategy))
        print(f"| {' | '.join(rows[-1].cells())} |", flush=True)  # noqa: T201
    return 0 if all(row.clean for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
