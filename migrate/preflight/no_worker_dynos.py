"""Drain dynos run the commands of worker dynos: there must be some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def no_worker_dynos(facts: Facts) -> Finding | None:
    """Given the facts, refuse drain dynos where no process type is seen to run a Celery worker."""
    if facts.drain_by != "dynos" or facts.draining_types:
        return None
    commands = "; ".join(f"{item.type}: {item.command}" for item in facts.formation) or "no process types"
    return Finding(
        "NO_WORKER_DYNOS",
        Severity.REFUSE,
        "There are no worker dynos in whose place others could drain.",
        f"A process type counts where its command is seen to start `celery worker`. There are {commands}.",
        "--no-drain-dynos; where a wrapper script starts the worker, name celery in the Procfile itself",
    )
