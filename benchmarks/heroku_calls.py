"""How many calls of Heroku's API a migration takes, and a minute of its waiting: `make bench-calls`.

Each strategy moves the demo app in a sandbox of its own, whose worker has a task of a minute besides. Counted is what
the sandbox has answered; by which step and to which question, the program's own record says. The aim is 40 calls, and
6 for each minute. Names of strategies after it run those alone, and show every question that came more than twice.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final

from moving import moved
from results import table

from migrate.strategies import STRATEGIES

if TYPE_CHECKING:
    from moving import Moved

TASKS, SECONDS = 8, 30.0
"""Two rounds for the four processes of the worker."""
CALLS, PER_MINUTE = 40, 6
TITLES: Final = ("strategy", "seconds", "calls", "of them writes", "a minute of the drain", "aim", "within")
_OFTEN: Final = 2


def calls_in(migration: Moved) -> list[tuple[str, str]]:
    """Given a migration, return the step and the question of each call, versions and ids left out."""
    calls = (item for item in migration.recorded if item["type"] == "api.call")
    return [(item["step"], f"{item['method']} {_question(item['path'])}") for item in calls]


def _question(path: str) -> str:
    nameless = re.sub(r"/apps/[^/]+", "", path) or "/apps/APP"
    return re.sub(r"(?<=releases/)\d+|[0-9a-f]{8}-[0-9a-f-]{27}|cloudamqp-mig-\w+", "ONE", nameless)


def in_drain(migration: Moved) -> float:
    """Return how many calls a minute of the drain took; its first ones, once a migration, are left out."""
    moments = {item["type"]: item["time"] for item in migration.recorded if item.get("step") == "drain"}
    waits = (item for item in migration.recorded if item["type"] == "step.waiting" and item["step"] == "drain")
    looks = [item["time"] for item in waits if "queues" in item["detail"]]
    calls = [item["time"] for item in migration.recorded if item["type"] == "api.call" and item["step"] == "drain"]
    begin, end = min(looks), moments["step.done"]
    minutes = (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds() / 60
    return float(sum(begin <= time <= end for time in calls) / minutes)


def row(migration: Moved) -> tuple[list[str], bool]:
    """Given a migration, return its row of the table, and whether the aim was reached."""
    aim = CALLS + PER_MINUTE * migration.seconds / 60
    writes = sum(not question.startswith("GET") for _, question in calls_in(migration))
    drained = any(item.get("step") == "drain" for item in migration.recorded)
    waiting = f"{in_drain(migration):.1f}" if drained else ""
    within = migration.asked <= aim
    figures = [f"{migration.seconds:.0f}", str(migration.asked), str(writes), waiting, f"{aim:.0f}"]
    return [migration.strategy, *figures, "yes" if within else "**no**"], within


def repeated(migration: Moved) -> str:
    """Return which questions were asked more than twice, by step."""
    counts = Counter(calls_in(migration))
    often = [[step, question, str(count)] for (step, question), count in counts.items() if count > _OFTEN]
    return table(("step", "question", "times"), often)


def main() -> int:
    """Print the table and return 1 where an aim was missed."""
    chosen = sys.argv[1:]
    migrations = [moved(strategy, TASKS, SECONDS) for strategy in chosen or STRATEGIES]
    rows = [row(migration) for migration in migrations]
    note = f"The aim is {CALLS} calls and {PER_MINUTE} for each minute that the migration takes."
    print(f"{table(TITLES, [cells for cells, _ in rows])}\n\n{note}")  # noqa: T201
    for migration in migrations if chosen else ():
        print(f"\n{migration.strategy}\n\n{repeated(migration)}")  # noqa: T201
    return 0 if all(within for _, within in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
