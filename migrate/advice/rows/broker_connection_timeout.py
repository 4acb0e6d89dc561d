"""How long a process waits for a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.advice.row import Row, Verdict
from migrate.advice.told import SettingAdvice

if TYPE_CHECKING:
    from migrate.advice.practice import Practice

_SECONDS: Final = 30


def broker_connection_timeout(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each timeout that workers have."""
    return _ADVICE.rows(practice)


def _judge(_practice: Practice, value: object) -> Verdict:
    enough = isinstance(value, int | float) and value >= _SECONDS
    return Verdict.OK if enough or value is None else Verdict.ADVICE


_ADVICE = SettingAdvice(
    code="BROKER_CONNECTION_TIMEOUT",
    setting="broker_connection_timeout",
    recommended=str(_SECONDS),
    judge=_judge,
    why="A TLS connection to a busy shared server may take longer than Celery's 4 s, when all dynos restart at once.",
    value=str(_SECONDS),
)
