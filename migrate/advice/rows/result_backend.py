"""Whether results go through the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.row import Row, Verdict
from migrate.advice.severity import of_connections
from migrate.advice.told import SettingAdvice

if TYPE_CHECKING:
    from migrate.advice.practice import Practice


def result_backend(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each result backend that workers have."""
    return _ADVICE.rows(practice)


def _judge(practice: Practice, value: object) -> Verdict:
    if value == "amqp":
        return Verdict.DANGER
    if value == "rpc":
        return max(Verdict.ADVICE, of_connections(practice), key=list(Verdict).index)
    return Verdict.OK


_ADVICE = SettingAdvice(
    code="RESULT_BACKEND",
    setting="result_backend",
    recommended="None, or a store that is not the broker",
    judge=_judge,
    why="rpc makes a queue for every process that asks for results, which keeps unread ones for a day, and a "
    "connection for every child of a worker; each result counts as two messages. amqp made a queue for every "
    "result, and is gone since Celery 5.",
    value="None",
)
