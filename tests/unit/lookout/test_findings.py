from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from migrate.lookout.findings import Findings
from migrate.lookout.held import Held
from migrate.lookout.suspects import Setting

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def told(due_in: float, left: float) -> list[str]:
    held = Held(1, ("shop.tasks.remind",), NOW + timedelta(seconds=due_in), 0, 0.0)
    return [text for _, text in Findings(held=held).news(lambda: Setting("shop"), NOW, left)]


def test_a_task_that_is_due_in_a_moment_is_no_news() -> None:
    assert told(due_in=5, left=3600) == []


def test_a_task_that_is_held_for_long_is_told_with_its_time() -> None:
    assert told(due_in=7200, left=9000) == [
        "Empty at 14:00:00 UTC at the earliest because of 1 task (shop.tasks.remind)."
    ]


@pytest.mark.parametrize("due_in", [5, 7200])
def test_a_task_that_is_held_beyond_the_deadline_is_told_however_soon_it_is_due(due_in: float) -> None:
    (text,) = told(due_in, left=3)

    assert text.endswith("That is after the deadline of this drain: waiting does not help.")
