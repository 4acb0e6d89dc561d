"""How many connections web processes may keep, against what the plan has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from migrate.advice.row import Row, Verdict
from migrate.advice.told import told
from migrate.brokers.report import Unreadable

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.advice.web_commands import WebCommand

_CODE: Final = "WEB_PROCESSES"
_RECOMMENDED: Final = "processes x pool limit within half of the plan's connections"
_WHY: Final = (
    "Each web process keeps up to the pool limit of connections, and no more than it has threads that publish at "
    "once. In a release old and new dynos overlap, so that for some seconds it is twice as many. `migrate-plan "
    "connections` adds up all process types."
)
_HALF: Final = 2


def web_processes(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each web server of the formation; one that says so where there is none."""
    none = Row(_CODE, "formation", "no web process", _RECOMMENDED, Verdict.OK, _WHY)
    return tuple(map(partial(_row, practice), practice.web_commands)) or (none,)


def _row(practice: Practice, web: WebCommand) -> Row:
    found, verdict = _found(practice, web)
    fix = "" if verdict is Verdict.OK else f"Procfile, {web.type}: gunicorn APP -w 2    (or: WEB_CONCURRENCY=2)"
    return Row(_CODE, f"process type {web.type}", found, _RECOMMENDED, verdict, _WHY, fix, fix)


def _found(practice: Practice, web: WebCommand) -> tuple[str, Verdict]:
    if web.quantity == 0:
        return "no dyno", Verdict.OK
    if isinstance(web.workers, Unreadable):
        return f"{web.server}, processes not known: {web.workers.reason}", Verdict.UNKNOWN
    processes = web.quantity * web.workers
    text = f"{web.quantity} x {web.workers} {web.server} ({web.said_by})"
    pool = _pool_limit(practice)
    if isinstance(pool, Unreadable):
        return f"{text}; pool limit not known: {pool.reason}", Verdict.UNKNOWN
    if not pool:
        return f"{text}, each without a bound", Verdict.DANGER if practice.is_shared else Verdict.ADVICE
    each = (
        min(pool, web.threads) if isinstance(web.threads, int) and web.worker_class in {"sync", "gthread"} else pool
    )
    return _against(practice, f"{text}: up to {processes * each} connections", processes * each)


def _against(practice: Practice, text: str, connections: int) -> tuple[str, Verdict]:
    limit = practice.connection_limit
    if isinstance(limit, Unreadable):
        return f"{text}; the limit is not known: {limit.reason}", Verdict.UNKNOWN
    if limit is None:
        return f"{text}; the broker sets no limit", Verdict.OK
    verdict = Verdict.OK
    if connections * _HALF > limit:
        verdict = Verdict.DANGER if connections >= limit else Verdict.WARNING
    return f"{text} of {limit}", verdict


def _pool_limit(practice: Practice) -> int | Unreadable:
    """Return the highest that workers have, 0 for no bound: a web process of the same app has the same settings."""
    found = told(practice, "broker_pool_limit")
    if isinstance(found, Unreadable):
        return found
    values = [item.value for item in found]
    if any(not value for value in values):
        return 0
    numbers = [value for value in values if isinstance(value, int)]
    return max(numbers) if len(numbers) == len(values) else Unreadable("it is no number")
