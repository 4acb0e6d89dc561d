"""How many queues there are, of how many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.advice.row import Row, Verdict
from migrate.brokers.report import Unreadable

if TYPE_CHECKING:
    from migrate.advice.practice import Practice

_TIGHT: Final = 0.8
_SOURCE: Final = "https://www.rabbitmq.com/docs/vhosts#limits"


def queue_limit(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row on the number of queues."""
    found, verdict = _found(practice)
    fix = "" if verdict is Verdict.OK else "delete queues that nobody uses: the rows on queues say which pile up"
    return (
        Row(
            "QUEUE_LIMIT",
            "queues",
            found,
            "below four fifths of what the plan allows",
            verdict,
            "At the limit every declaration of another queue fails with 406, and a worker that starts makes two "
            "or three.",
            fix,
            fix,
            _SOURCE,
        ),
    )


def _found(practice: Practice) -> tuple[str, Verdict]:
    queues, limit = practice.queues, practice.queue_limit
    if isinstance(queues, Unreadable):
        return f"not known: {queues.reason}", Verdict.UNKNOWN
    count = len(queues.queues)
    if isinstance(limit, Unreadable):
        return f"{count}; the limit is not known: {limit.reason}", Verdict.UNKNOWN
    if limit is None:
        return f"{count}; the broker sets no limit", Verdict.OK
    verdict = Verdict.DANGER if count >= limit else Verdict.WARNING if count > _TIGHT * limit else Verdict.OK
    return f"{count} of {limit}", verdict
