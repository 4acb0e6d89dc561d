"""Whether workers tell of every task as it goes along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.row import Row, Verdict
from migrate.advice.severity import of_messages
from migrate.advice.told import SettingAdvice

if TYPE_CHECKING:
    from migrate.advice.practice import Practice


def worker_send_task_events(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each value that workers have, and one for each command with -E."""
    return (*_ADVICE.rows(practice), *_by_command(practice))


def _judge(practice: Practice, value: object) -> Verdict:
    return of_messages(practice) if value else Verdict.OK


def _by_command(practice: Practice) -> tuple[Row, ...]:
    return tuple(
        Row(
            code=_ADVICE.code,
            subject=f"process type {item.type}",
            found="-E",
            recommended="no -E",
            verdict=of_messages(practice),
            why=_ADVICE.why,
            celery=f"Procfile, {item.type}: leave out -E, --task-events and --events",
            django=f"Procfile, {item.type}: leave out -E, --task-events and --events",
        )
        for item in practice.worker_commands
        if item.events
    )


_ADVICE = SettingAdvice(
    code="WORKER_SEND_TASK_EVENTS",
    setting="worker_send_task_events",
    recommended="False",
    judge=_judge,
    why="Three events or more for every task, each of them a message, and once more for everybody who listens; only "
    "monitors such as Flower need them.",
    value="False",
)
