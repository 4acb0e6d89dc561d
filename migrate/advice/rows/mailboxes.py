"""Remote control that nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.piles import Pile
from migrate.brokers.queues import MAILBOX

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.advice.row import Row


def mailboxes(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row on the queues *.pidbox."""
    return _PILE.rows(practice)


_PILE = Pile(
    code="MAILBOXES",
    kind=MAILBOX,
    subject="queues *.pidbox",
    why="Every worker has one, and everybody who asks one for the answers. Workers that hang leave questions in "
    "theirs; old ones that do not expire count against the plan's queues. Without remote control there are none, "
    "but nothing can bring workers to rest then.",
    celery="app.conf.control_queue_expires = 10.0\napp.conf.control_queue_ttl = 300.0",
    django="CELERY_CONTROL_QUEUE_EXPIRES = 10.0\nCELERY_CONTROL_QUEUE_TTL = 300.0",
    source="https://github.com/celery/kombu/issues/1281",
)
