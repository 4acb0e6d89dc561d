"""Workers that listen to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.severity import of_messages
from migrate.advice.worker_flags import without

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.advice.row import Row


def without_gossip(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each worker of the formation."""
    return without(practice, "gossip", missing=of_messages(practice), why=_WHY)


_WHY = (
    "With gossip every worker hears the heartbeats of every other: idle, 1 worker makes 1 message a second, 10 "
    "make 55, 20 make 207, which is 18 million a day. It takes one more connection and a queue for each worker, "
    "too."
)
