"""How fast `migrate-plan --help` answers: `python benchmarks/startup.py`. The limit is 250 ms, median of 10."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 10
LIMIT_MILLISECONDS = 250


def once() -> float:
    """Return how long one run took, in milliseconds."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "migrate", "--help"], check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    """Print the figures; exit 1 above the limit."""
    once()
    figures = sorted(once() for _ in range(RUNS))
    median = statistics.median(figures)
    print(f"--help: median {median:.0f} ms, {figures[0]:.0f} to {figures[-1]:.0f} ms, {RUNS} runs")  # noqa: T201
    sys.exit(median > LIMIT_MILLISECONDS)


if __name__ == "__main__":
    main()
