"""Events that nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.piles import Pile
from migrate.brokers.queues import EVENTS

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.advice.row import Row


def event_queues(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row on the queues celeryev.*."""
    return _PILE.rows(practice)


_PILE = Pile(
    code="EVENT_QUEUES",
    kind=EVENTS,
    subject="queues celeryev.*",
    why="A monitor or a worker with gossip that hangs or has gone lets events pile up here, and they count "
    "against the plan's queued messages.",
    celery="app.conf.event_queue_expires = 60\napp.conf.event_queue_ttl = 5.0",
    django="CELERY_EVENT_QUEUE_EXPIRES = 60\nCELERY_EVENT_QUEUE_TTL = 5.0",
    source="https://github.com/celery/celery/issues/2387",
)
