"""AMQP heartbeats between workers and broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.row import Row, Verdict
from migrate.advice.told import SettingAdvice

if TYPE_CHECKING:
    from migrate.advice.practice import Practice


def broker_heartbeat(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each heartbeat that workers have."""
    return _ADVICE.rows(practice)


def _judge(_practice: Practice, value: object) -> Verdict:
    return Verdict.ADVICE if value else Verdict.OK


_ADVICE = SettingAdvice(
    code="BROKER_HEARTBEAT",
    setting="broker_heartbeat",
    recommended="None",
    judge=_judge,
    why="CloudAMQP's page leaves dead connections to TCP keepalive. It costs no message either way, and has a "
    "price: a worker that hangs keeps its messages for ever with None, and with 10 gave them back within 28 s.",
    value="None",
)
