"""What a rehearsal found: tasks by name, requests before, in and after the eager window, costs, the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrate.sandbox.rehearsal import figures, latency
from migrate.sandbox.rehearsal.judgement import line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.sandbox.address import SandboxAddress
    from migrate.sandbox.rehearsal.figures import Figures, Span
    from migrate.sandbox.rehearsal.judgement import Judgement
    from migrate.sandbox.rehearsal.latency import Phase

_COUNTS = ("handed over", "executed", "lost", "doubled")


@dataclass(frozen=True)
class Report:
    """Everything that is told at the end of a rehearsal."""

    app: str
    queues: Mapping[str, int]
    """The work queues, each with how many consumers it had before the migration."""
    judgement: Judgement
    phases: tuple[Phase, ...]
    figures: Figures
    eager_seconds: float | None


def phases(address: SandboxAddress, migration: Span) -> tuple[Phase, ...]:
    """Given a sandbox and when its app was migrated, return the app's requests by phase.

    What lies between before and after is the eager window; where there was no whole one, the migration.
    """
    requests = latency.routed(address.directory, address.app)
    window = latency.eager_window(address.directory, address.app)
    if window is not None:
        return latency.phases(requests, window)
    return latency.phases(requests, (migration.begin, migration.end), "during")


def lines(report: Report) -> list[str]:
    """Given a report, return its lines, all but the verdict."""
    judgement = report.judgement
    named = {
        name: (count.handed_over, count.executed, count.lost, count.doubled)
        for name, count in judgement.names.items()
    }
    width = max(map(len, [*named, "task"]))
    table = [f"{name:<{width}}" + "".join(f"{count:>13}" for count in counts) for name, counts in named.items()]
    head = f"{'task':<{width}}" + "".join(f"{title:>13}" for title in _COUNTS)
    besides = {"raised": judgement.raised, "revoked or expired": judgement.revoked, "refused": judgement.refused}
    rest = [f"{what}: {len(ids)} tasks" for what, ids in besides.items() if ids]
    return [head, *table, *rest, *latency.lines(report.phases), figures.line(report.figures)]


def verdict(report: Report) -> str:
    """Given a report, return its last line."""
    return line(report.judgement, report.eager_seconds)


def queue_lines(queues: Mapping[str, int]) -> list[str]:
    """Given queues with how many consumers each has, return a line for each."""
    return [
        f"queue {name}: {consumers or 'no'} consumer{'s' * (consumers != 1)}" for name, consumers in queues.items()
    ]
