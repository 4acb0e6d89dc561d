"""How long an app is eager, beside the least that its restarts, its tasks and its add-on take: `make bench-eager`.

Both are of one migration, as the sandbox has written it down. The least is the sum of what nobody can shorten: the
dynos come up on the eager release; the workers finish the last task; the old add-on is removed and the new one
provided; the dynos come up on the release that ends eager mode. What was measured goes from the one release to the
last dyno of the other. In a short queue the longest part is the half minute in which dynos from before the eager
release may still publish: it has a column of its own. Names of strategies after it run those alone.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from moving import moved
from results import table

from migrate.changes.releases import SHUTDOWN_SECONDS
from migrate.strategies import STRATEGIES

if TYPE_CHECKING:
    from moving import Event, Moved

TASKS: Final = (1, 100, 10_000)
SECONDS: Final = 0.02
"""Of work in each task."""
FACTOR, MORE_SECONDS = 1.10, 6.0
_EAGER: Final = "CELERY_ALWAYS_EAGER"
TITLES: Final = (
    "strategy",
    "tasks",
    "restart",
    "last task",
    "add-on",
    "restart",
    "least",
    "of it old dynos",
    "eager s",
    "aim",
    "within",
)


@dataclass(frozen=True)
class Window:
    """The eager window of one migration, and what it is made of; all in seconds."""

    restart: float
    last_task: float
    """From then to the end of the last task that waited on the old broker."""
    old_dynos: float
    """What the half minute of old dynos takes beyond the last task."""
    add_on: float
    back: float
    """The restart by the release that ends it."""
    measured: float

    @property
    def least(self) -> float:
        """What no program could do without."""
        return self.restart + self.last_task + self.old_dynos + self.add_on + self.back

    @property
    def aim(self) -> float:
        """What it should take at most."""
        return FACTOR * self.least + MORE_SECONDS

    def cells(self) -> list[str]:
        """Return the row as texts."""
        parts = (self.restart, self.last_task, self.add_on, self.back, self.least, self.old_dynos)
        figures = [f"{value:.1f}" for value in (*parts, self.measured, self.aim)]
        return [*figures, "yes" if self.measured <= self.aim else "**no**"]


def window_of(migration: Moved) -> Window | None:
    """Given a migration, return its eager window, None where the app was never eager."""
    releases = [item for item in migration.journal if _is(item, "release", status="succeeded")]
    eager = [item for item in releases if _EAGER in item["variables"]]
    if not eager:
        return None
    first = eager[0]
    last = next(item for item in releases if item["version"] > eager[-1]["version"])
    up, ended = _up(migration, first), _up(migration, last)
    worked = [item["time"] for item in migration.ledger if item["what"] == "finished" and item["where"] == "worker"]
    done = max([up, *(time for time in worked if time < last["time"])])
    return Window(
        restart=up - first["time"],
        last_task=done - up,
        old_dynos=max(0.0, up + SHUTDOWN_SECONDS - done),
        add_on=_add_on(migration, first["time"], last["time"]),
        back=ended - last["time"],
        measured=ended - first["time"],
    )


def _is(event: Event, what: str, **details: Any) -> bool:
    return event["event"] == what and all(event.get(name) == value for name, value in details.items())


def _up(migration: Moved, release: Event) -> float:
    """Return when the last dyno came up on a release."""
    return max(float(item["time"]) for item in migration.journal if _is(item, "dyno up", release=release["version"]))


def _add_on(migration: Moved, begin: float, end: float) -> float:
    """Return for how long within a span an add-on was being removed or provided."""
    seconds, began = 0.0, dict[str, float]()
    for item in (item for item in migration.journal if begin <= item["time"] <= end):
        if item["event"] in {"addon removed", "addon ordered"}:
            began[item["addon"]] = item["time"]
        elif item["event"] in {"addon gone", "addon provisioned"}:
            seconds += item["time"] - began.get(item["addon"], item["time"])
    return seconds


def row(strategy: str, tasks: int) -> tuple[list[str], bool]:
    """Move an app; return its row of the table, and whether the aim was reached."""
    window = window_of(moved(strategy, tasks, SECONDS))
    if window is None:
        return [strategy, f"{tasks:,}", *["" for _ in TITLES[2:-3]], "0.0", "0.0", "yes"], True
    return [strategy, f"{tasks:,}", *window.cells()], window.measured <= window.aim


def main() -> int:
    """Print the table and return 1 where an aim was missed."""
    rows, good = list[list[str]](), True
    for strategy in sys.argv[1:] or STRATEGIES:
        for tasks in TASKS:
            cells, within = row(strategy, tasks)
            print(" ".join(cells), file=sys.stderr, flush=True)  # noqa: T201 -- it takes minutes
            rows.append(cells)
            good = good and within
    note = (
        f"The aim is {FACTOR:.2f} x the least + {MORE_SECONDS:.0f} s. All in seconds; {SECONDS} s of work in a task."
    )
    print(f"{table(TITLES, rows)}\n\n{note}")  # noqa: T201
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
