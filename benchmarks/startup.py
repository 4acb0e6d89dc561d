"""How fast `migrate-plan --help` answers, and what an app pays for our settings: `python benchmarks/startup.py`.

The limits are 250 ms, and 5 ms beside the import of Celery, each the median of 10.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 10
LIMIT_MILLISECONDS = 250
IMPORT_LIMIT_MILLISECONDS = 5
IMPORT = """
import time
from celery import Celery
Celery("shop").conf.broker_url
began = time.perf_counter()
import migrate.advice.settings
print(1000 * (time.perf_counter() - began))
"""


def once() -> float:
    """Return how long one run took, in milliseconds."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "migrate", "--help"], check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - began)


def importing() -> float:
    """Return how long an app that has imported Celery takes for the settings, in milliseconds."""
    command = [sys.executable, "-c", IMPORT]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- our own words
    return float(output.stdout)


def is_within(what: str, measure: Callable[[], float], limit: float) -> bool:
    """Given what is measured, print its figures, and return whether their median is within the limit."""
    measure()
    figures = sorted(measure() for _ in range(RUNS))
    median = statistics.median(figures)
    print(f"{what}: median {median:.1f} ms, {figures[0]:.1f} to {figures[-1]:.1f} ms, {RUNS} runs")  # noqa: T201
    return median <= limit


def main() -> None:
    """Print the figures; exit 1 above a limit."""
    started = is_within("--help", once, LIMIT_MILLISECONDS)
    imported = is_within("import migrate.advice.settings, after celery", importing, IMPORT_LIMIT_MILLISECONDS)
    sys.exit(not (started and imported))


if __name__ == "__main__":
    main()
