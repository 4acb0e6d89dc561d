"""How many connections each process that publishes may keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.row import Row, Verdict
from migrate.advice.severity import of_connections
from migrate.advice.told import SettingAdvice

if TYPE_CHECKING:
    from migrate.advice.practice import Practice


def broker_pool_limit(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each limit that workers have."""
    return _ADVICE.rows(practice)


def _judge(practice: Practice, value: object) -> Verdict:
    return Verdict.OK if value == 1 else of_connections(practice)


_ADVICE = SettingAdvice(
    code="BROKER_POOL_LIMIT",
    setting="broker_pool_limit",
    recommended="1",
    judge=_judge,
    why="Every process keeps up to so many connections once its threads publish at once: a worker of 4 children "
    "with 4 threads each opened 18 with 10, and 5 with 1. 0 or None opens one for every publish, without bound.",
    value="1",
)
