"""Rows about what a worker's command line says, or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.row import Row, Verdict
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.advice.practice import Practice
    from migrate.advice.process_commands import WorkerCommand


def each_worker(
    practice: Practice, judge: Callable[[WorkerCommand], Row], *, code: str, recommended: str, why: str
) -> tuple[Row, ...]:
    """Given what judges one command, return a row for each worker of the formation.

    Where none is seen, one row says so: that is not known while a script may start one.
    """
    if practice.worker_commands:
        return tuple(map(judge, practice.worker_commands))
    hidden = [name for name in practice.commands.hidden if name != "web"] or list(practice.commands.hidden)
    found = f"not known: the command of {listed(hidden)} shows no worker" if hidden else "no Celery worker"
    return (Row(code, "formation", found, recommended, Verdict.UNKNOWN if hidden else Verdict.OK, why),)


def without(practice: Practice, what: str, *, missing: Verdict, why: str) -> tuple[Row, ...]:
    """Given gossip, mingle or heartbeat, and how bad it is, return a row for each worker that may run with it."""
    option, code = f"--without-{what}", f"WITHOUT_{what.upper()}"

    def judge(item: WorkerCommand) -> Row:
        found, verdict = f"no {option}", missing
        if what in item.without:
            found, verdict = option, Verdict.OK
        elif item.unread:
            found, verdict = f"not known: {listed(item.unread)} may have it", Verdict.UNKNOWN
        line = "" if verdict is Verdict.OK else f"Procfile, {item.type}: add {option} behind worker"
        return Row(code, f"process type {item.type}", found, option, verdict, why, line, line)

    return each_worker(practice, judge, code=code, recommended=option, why=why)
