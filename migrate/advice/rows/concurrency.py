"""How many tasks a worker runs at once, which is how many children may open connections."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from migrate.advice.row import Row, Verdict
from migrate.advice.severity import of_connections
from migrate.advice.told import told
from migrate.advice.worker_flags import each_worker
from migrate.brokers.report import Unreadable

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.advice.process_commands import WorkerCommand

_CODE: Final = "CONCURRENCY"
_RECOMMENDED: Final = "a number of your own: -c 4"
_WHY: Final = (
    "Without a number a worker starts a child for every core that it sees, which on Heroku is the machine's and "
    "not the dyno's. Each child that publishes opens a connection of its own, and takes memory of its own."
)


def concurrency(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each worker of the formation."""
    return each_worker(practice, partial(_row, practice), code=_CODE, recommended=_RECOMMENDED, why=_WHY)


def _row(practice: Practice, item: WorkerCommand) -> Row:
    found, verdict = _found(practice, item)
    line = "" if verdict is Verdict.OK else f"Procfile, {item.type}: add -c 4 behind worker"
    return Row(_CODE, f"process type {item.type}", found, _RECOMMENDED, verdict, _WHY, line, line)


def _found(practice: Practice, item: WorkerCommand) -> tuple[str, Verdict]:
    said = item.at_once
    if isinstance(said, Unreadable):
        return f"not known: {said.reason}", Verdict.UNKNOWN
    if said is not None:
        return f"{said} at once, {item.pool}", Verdict.OK
    if item.unread:
        return f"not known: {', '.join(item.unread)} may have it", Verdict.UNKNOWN
    setting = told(practice, "worker_concurrency")
    if isinstance(setting, Unreadable):
        return f"no -c; the setting is not known: {setting.reason}", Verdict.UNKNOWN
    values = sorted({str(one.value) for one in setting if one.value})
    if values and all(one.value for one in setting):
        return f"worker_concurrency {', '.join(values)}", Verdict.OK
    return f"no -c{_sizes(practice)}", of_connections(practice)


def _sizes(practice: Practice) -> str:
    if isinstance(practice.workers, Unreadable):
        return ""
    sizes = sorted({node.size for node in practice.workers.nodes if node.size})
    return f"; workers that answer run {' or '.join(map(str, sizes))} at once" if sizes else ""
