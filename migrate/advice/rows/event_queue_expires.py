"""How long the queue of a monitor stays when it has gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.advice.row import Row, Verdict
from migrate.advice.told import SettingAdvice

if TYPE_CHECKING:
    from migrate.advice.practice import Practice

_SECONDS: Final = 60


def event_queue_expires(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each expiry that workers have."""
    return _ADVICE.rows(practice)


def _judge(_practice: Practice, value: object) -> Verdict:
    return Verdict.OK if isinstance(value, int | float) and 0 < value <= _SECONDS else Verdict.WARNING


_ADVICE = SettingAdvice(
    code="EVENT_QUEUE_EXPIRES",
    setting="event_queue_expires",
    recommended=f"{_SECONDS}, which is Celery's default",
    judge=_judge,
    why="A queue celeryev.* outlives its reader so many seconds, takes every event meanwhile, and counts against the "
    "plan's queues. Such queues have brought servers down by their number.",
    value=str(_SECONDS),
    source="https://github.com/celery/ceps/pull/8",
)
