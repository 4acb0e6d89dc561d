"""Results that nobody fetches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.piles import Pile
from migrate.brokers.queues import REPLIES

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.advice.row import Row


def result_queues(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row on the queues with results."""
    return _PILE.rows(practice)


_PILE = Pile(
    code="RESULT_QUEUES",
    kind=REPLIES,
    subject="result queues",
    why="The rpc backend keeps the results of each process in a queue of its own, for a day if nobody reads "
    "them; they count against the plan's queued messages.",
    celery="app.conf.task_ignore_result = True\napp.conf.result_backend = None",
    django="CELERY_TASK_IGNORE_RESULT = True\nCELERY_RESULT_BACKEND = None",
    source="https://docs.celeryq.dev/en/stable/userguide/tasks.html#ignore-results-you-don-t-want",
)
