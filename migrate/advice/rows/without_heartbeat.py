"""Workers that say every two seconds that they live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.severity import of_messages
from migrate.advice.worker_flags import without

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.advice.row import Row


def without_heartbeat(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each worker of the formation."""
    return without(practice, "heartbeat", missing=of_messages(practice), why=_WHY)


_WHY = (
    "A message every two seconds from each worker, and a delivery of it to everybody who listens, idle or not: "
    "10 workers without gossip make 5 a second, 13 million a month. Remote control works without it."
)
