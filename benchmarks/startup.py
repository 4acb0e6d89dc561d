"""How fast the commands answer that people wait for, beside the Heroku CLI's: `make bench-startup`.

Both ask the same sandbox, in turns, with the same account; the aim is a quarter of the CLI's time at most, and 250 ms
for `--help`. An app that imports our settings pays for them at each boot: at most 5 ms beside the import of Celery.
Medians of 10 runs. Without the Heroku CLI (`make conformance` installs it) the figures stand alone.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from conformance.heroku_cli import PROGRAM, HerokuCli
from e2e.stage import Stage, finish, until
from results import table

from migrate.sandbox.lifecycle import throwaway
from migrate.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RUNS: Final = 10
SHARE: Final = 0.25
HELP_MILLISECONDS, IMPORT_MILLISECONDS = 250, 5
PAIRS: Final = (
    (("--help",), ("--version",)),
    (("status",), ("ps",)),
    (("--to", "bunny", "--dry-run"), ("addons",)),
)
NOWHERE: Final = "http://127.0.0.1:9"
"""Where the CLI's calls go that are not for Heroku: nobody listens there."""
IMPORT: Final = """
import time
from celery import Celery
Celery("shop").conf.broker_url
began = time.perf_counter()
import migrate.advice.settings
print(1000 * (time.perf_counter() - began))
"""


@dataclass(frozen=True)
class Program:
    """One of the two, and the environment that leads it to the sandbox."""

    name: str
    begin: Sequence[str]
    variables: Mapping[str, str]

    def milliseconds(self, words: Sequence[str]) -> float:
        """Run a command, which must succeed; return how long it took."""
        began = time.perf_counter()
        command = [*self.begin, *words]
        subprocess.run(command, env=dict(self.variables), capture_output=True, check=True)  # noqa: S603 -- our own
        return 1000 * (time.perf_counter() - began)


def taken_in_turns(measures: Sequence[Callable[[], float]]) -> list[float]:
    """Given what measures, return the median of each, after one round that does not count."""
    for measure in measures:
        measure()
    rounds = [[measure() for measure in measures] for _ in range(RUNS)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def importing() -> float:
    """Return how long an app that has imported Celery takes for the settings, in milliseconds."""
    command = [sys.executable, "-c", IMPORT]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- our own words
    return float(output.stdout)


def compared(ours: Program, theirs: Program | None) -> tuple[list[list[str]], bool]:
    """Return the rows of the table, and whether every aim was reached."""
    rows, good = list[list[str]](), True
    for words, cli_words in PAIRS:
        measures = [lambda words=words: ours.milliseconds(words)]
        if theirs is not None:
            measures.append(lambda words=cli_words: theirs.milliseconds(words))
        own, *other = taken_in_turns(measures)
        limit = HELP_MILLISECONDS if words == ("--help",) else None
        within = all(own <= SHARE * figure for figure in other) and (limit is None or own <= limit)
        cells = [f"`heroku {' '.join(cli_words)}`", f"{other[0]:.0f}", f"{own / other[0]:.2f}"] if other else [""] * 3
        rows.append([f"`migrate-plan {' '.join(words)}`", f"{own:.0f}", *cells, "yes" if within else "**no**"])
        good = good and within
    (imported,) = taken_in_turns([importing])
    rows.append(["`import migrate.advice.settings`", f"{imported:.1f}", "", "", "", ""])
    return rows, good and imported <= IMPORT_MILLISECONDS


def with_a_past(stage: Stage) -> Stage:
    """Return a stage whose operator has moved the app once, so that `status` has something to say."""
    until(lambda: stage.run("--to", "tiger", "--dry-run").status == 0)
    ended = finish(stage.start("--to", "tiger", "--strategy", "in-place", "--confirm", stage.app))
    if ended.status != 0:
        raise SystemExit(ended.out + ended.err)
    return stage


def cli_version() -> str:
    """Return what the Heroku CLI calls itself."""
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 -- our own
    return said.stdout.split()[0]


def main() -> int:
    """Print the figures and return 1 above a limit."""
    with throwaway(SandboxSettings(rate_limit=1_000_000)) as address, tempfile.TemporaryDirectory() as home:
        stage = with_a_past(Stage(address, Path(home)))
        ours = Program("migrate-plan", [sys.executable, "-m", "migrate"], stage.environment())
        theirs, beside = None, "without the Heroku CLI"
        if PROGRAM.exists():
            cli = HerokuCli(address, address.api_url, Path(home), NOWHERE, address.token)
            theirs, beside = Program("heroku", [str(PROGRAM)], cli.variables), cli_version()
        rows, good = compared(ours, theirs)
    titles = ("command", "ms", f"beside it ({beside})", "ms", "ratio", "within")
    print(f"{table(titles, rows)}\n\nMedians of {RUNS}; the aim is {SHARE} of the time of the one beside it.")  # noqa: T201
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
