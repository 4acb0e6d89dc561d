"""What is left is taken to be stuck only after a whole minute in which none of it has moved."""

from __future__ import annotations

import pytest
from fakes.broker_reports import a_look, a_queue, queues

from migrate.brokers.queues import Sorting
from migrate.brokers.report import Observation, Unreadable
from migrate.drain.verdict import STILL_SECONDS, stands_still

LEFT = queues(a_queue("letters", 5))


def looks(*counts: tuple[float, int, int]) -> list[Observation]:
    return [a_look(at, queues(a_queue("celery", ready, unacked))) for at, ready, unacked in counts]


def test_nothing_that_moved_for_a_minute_stands_still() -> None:
    assert stands_still([a_look(0, LEFT), a_look(30, LEFT), a_look(STILL_SECONDS, LEFT)])


@pytest.mark.parametrize(
    "seen",
    [
        looks((0, 5, 0), (59, 5, 0)),
        looks((0, 6, 0), (30, 5, 0), (61, 5, 0)),
        looks((0, 5, 0), (30, 4, 1), (61, 5, 0)),
        looks((0, 0, 0), (61, 0, 0)),
        looks((61, 5, 0)),
        [a_look(0, LEFT), a_look(30, Unreadable("HTTP 500")), a_look(61, LEFT)],
        [a_look(0, LEFT), a_look(61, Unreadable("HTTP 500"))],
    ],
)
def test_what_moves_or_is_empty_or_cannot_be_read_does_not(seen: list[Observation]) -> None:
    assert not stands_still(seen)


def test_what_is_ignored_is_not_waited_for() -> None:
    sorting = Sorting(ignored_patterns=("letters",))

    assert not stands_still([a_look(0, LEFT), a_look(61, LEFT)], sorting)
