"""Until when tasks are held back, by workers and on the broker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fakes.broker_reports import HELD, a_node, a_queue, workers
from msgspec.structs import replace

from migrate.brokers.report import Unreadable
from migrate.lookout.held import held

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_the_last_one_that_is_due_says_until_when() -> None:
    later = replace(HELD, id="task-3", name="shop.tasks.bill", due=HELD.due and HELD.due + timedelta(hours=1))
    found = held(workers(a_node("a", held=(HELD,)), a_node("b", held=(later,))), [a_queue(unacknowledged=2)])

    assert found is not None
    assert found.reason(NOW) == (
        "empty at 13:30:00 UTC at the earliest because of 2 tasks (shop.tasks.bill, shop.tasks.remind)"
    )
    assert found.all == 2


def test_another_day_is_named() -> None:
    found = held(workers(a_node(held=(HELD,))), [])

    assert found is not None
    assert "empty at 2026-11-24 12:30 UTC" in found.reason(NOW - timedelta(days=2))


def test_what_celery_parks_on_the_broker_is_due_at_the_latest_when_all_lower_levels_are_over() -> None:
    found = held(None, [a_queue("celery_delayed_3", ready=2), a_queue("celery_delayed_13", ready=1), a_queue()])

    assert found is not None
    assert (found.delayed, found.delayed_for, found.until) == (3, 2**14, None)
    assert found.reason(NOW) == "3 delayed tasks on the broker, due within 4 h 33 min"


@pytest.mark.parametrize(
    "report", [None, Unreadable("timeout"), workers(), workers(a_node(held=(replace(HELD, due=None),)))]
)
def test_where_nothing_is_known_to_be_held_there_is_nothing_to_say(report: object) -> None:
    assert held(report, [a_queue(ready=3), a_queue("celery_delayed_3")]) is None  # type: ignore[arg-type]
