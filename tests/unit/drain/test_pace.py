"""How soon a watch sees the end, and how many looks it takes to get there."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fakes.broker_reports import a_look, a_node, a_queue, queues, workers
from fakes.clock import FakeClock
from fakes.draining import DrainingBroker, Watched
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.brokers.queues import BY_RULE
from migrate.brokers.report import HeldTask, Unreadable
from migrate.drain.pace import LONGEST, Pace, pause_in_quiet
from migrate.drain.verdict import SETTLE_LAGGING, SETTLE_LIVE, Quiet

if TYPE_CHECKING:
    from collections.abc import Callable

START = 60.0
"""When a watch begins, on the clock of its broker."""


def steady(messages: int, per_second: float, *, from_second: float = 0.0) -> Callable[[float], int]:
    """Return how many of so many messages are left when so many are done each second."""
    return lambda now: max(0, messages - int(per_second * max(0.0, now - START - from_second)))


def delay(broker: DrainingBroker, truly_empty: float) -> float:
    """Watch a broker; return by how many seconds the verdict comes after the end of the work."""
    return Watched(broker).empty_after() - truly_empty


@pytest.mark.parametrize(("messages", "per_second"), [(7000, 50), (500, 3), (40, 0.5), (100_000, 400), (3, 100)])
def test_the_end_of_a_steady_drain_is_seen_within_the_window_and_a_second(messages: int, per_second: float) -> None:
    broker = DrainingBroker(FakeClock(), steady(messages, per_second))
    assert SETTLE_LIVE <= delay(broker, messages / per_second) <= SETTLE_LIVE + 1


def test_a_long_drain_takes_few_looks() -> None:
    broker = DrainingBroker(FakeClock(), steady(100_000, 50))

    assert delay(broker, 2000) <= SETTLE_LIVE + 1
    assert broker.looks < 260  # of 2,000 with one a second


def test_workers_that_suddenly_are_twice_as_fast_are_not_late_news() -> None:
    def left(now: float) -> int:
        seconds = now - START
        return max(0, int(7000 - 50 * min(seconds, 40) - 100 * max(0.0, seconds - 40)))

    assert delay(DrainingBroker(FakeClock(), left), 40 + 5000 / 100) <= SETTLE_LIVE + 1


@settings(max_examples=50)
@given(
    messages=st.integers(1, 5_000),
    rates=st.lists(st.floats(10, 200), min_size=1, max_size=6),
    fastest=st.floats(10, 200),
)
def test_whatever_the_rate_does_up_to_twice_the_fastest_so_far_the_end_is_seen_in_time(
    messages: int, rates: list[float], fastest: float
) -> None:
    # The first ten seconds show the fastest rate but for the factor; each later one lasts for twenty seconds.
    spans = [(10.0, fastest), *((20.0, min(rate, 2 * fastest)) for rate in rates), (math.inf, fastest)]

    def done(seconds: float) -> float:
        total = 0.0
        for length, rate in spans:
            total += rate * min(seconds, length)
            seconds -= length
            if seconds <= 0:
                break
        return total

    def left(now: float) -> int:
        return max(0, messages - int(done(now - START)))

    truly_empty, low = 1000.0, 0.0
    for _ in range(60):
        middle = (low + truly_empty) / 2
        low, truly_empty = (low, middle) if left(START + middle) == 0 else (middle, truly_empty)

    if truly_empty < 2:
        return  # over before there was anything to learn a rate from
    assert delay(DrainingBroker(FakeClock(), left), truly_empty) <= SETTLE_LIVE + 1


@pytest.mark.parametrize("second", [60.0, 63.3, 67.0, 69.9])
def test_a_purge_by_hand_is_seen_at_most_one_long_pause_later(second: float) -> None:
    def left(now: float) -> int:
        return 0 if now - START >= second else 100_000 - int(now - START)

    seconds = delay(DrainingBroker(FakeClock(), left), second)

    assert SETTLE_LIVE < seconds <= SETTLE_LIVE + 1 + LONGEST


def test_workers_that_wake_up_after_a_stall_are_seen_at_most_one_long_pause_later() -> None:
    broker = DrainingBroker(FakeClock(), steady(50, 40, from_second=300))
    assert delay(broker, 300 + 50 / 40) <= SETTLE_LIVE + 1 + LONGEST


@pytest.mark.parametrize(("queue_type", "live"), [("quorum", True), ("classic", False)])
def test_counts_that_lag_take_the_long_window_and_no_more_than_a_second(queue_type: str, *, live: bool) -> None:
    broker = DrainingBroker(FakeClock(), steady(400, 20), queue_type=queue_type, live=live)
    assert SETTLE_LAGGING <= delay(broker, 20) <= SETTLE_LAGGING + 1


@pytest.mark.parametrize(("look", "question"), [(0.0, 0.0), (0.01, 0.19), (0.1, 0.0), (0.2, 0.0)])
def test_a_dear_look_is_made_up_for_by_looking_sooner(look: float, question: float) -> None:
    broker = DrainingBroker(FakeClock(), steady(600, 10), seconds_a_look=look, seconds_a_question=question)
    assert delay(broker, 60) <= SETTLE_LIVE + 1


@pytest.mark.parametrize("messages", range(600, 660, 5))
def test_what_is_read_for_the_eye_alone_does_not_make_the_verdict_late(messages: int) -> None:
    broker = DrainingBroker(FakeClock(), steady(messages, 10), seconds_besides=0.5)
    assert SETTLE_LIVE <= delay(broker, messages / 10) <= SETTLE_LIVE + 1


def test_a_look_of_a_second_costs_the_broker_half_of_its_time_at_most_and_far_from_the_end_a_twentieth() -> None:
    broker = DrainingBroker(FakeClock(), steady(90_000, 100), seconds_a_look=1.0)

    assert delay(broker, 900) <= SETTLE_LIVE + 4  # four looks' time
    assert broker.looks < 900 / 20 + 40


def test_tasks_held_for_hours_cost_a_look_every_ten_seconds_and_their_end_is_seen_in_time() -> None:
    clock = FakeClock()
    due = clock.now() + timedelta(seconds=START + 2 * 3600)
    held = tuple(HeldTask(f"task-{number}", "shop.tasks.remind", due) for number in range(3))
    broker = DrainingBroker(clock, steady(20, 10), held=held)

    assert delay(broker, 2 * 3600) <= SETTLE_LIVE + 1
    assert broker.looks < 7200 / LONGEST + 30


def test_who_keeps_messages_is_asked_of_the_workers_seldom() -> None:
    broker = DrainingBroker(FakeClock(), lambda now: 5 if now < START + 600 else 0)

    assert delay(broker, 600) <= SETTLE_LIVE + 1
    assert broker.questions < 600 / 10 + 15


def test_a_server_that_cannot_be_read_is_asked_less_and_less_often() -> None:
    broker = DrainingBroker(FakeClock(), lambda _now: 0, readable_at=lambda now: now > START + 300)

    assert delay(broker, 300) <= SETTLE_LIVE + 1 + LONGEST
    assert broker.looks < 50


def test_two_looks_within_the_window_are_a_second_apart_and_the_last_falls_on_its_end() -> None:
    assert pause_in_quiet(Quiet(0, 5), more=-10) == 1
    assert pause_in_quiet(Quiet(4.75, 5), more=-10) == 0.25
    assert pause_in_quiet(Quiet(5, 5), more=0.5) == 0.5


def test_a_rest_of_the_window_that_is_too_small_to_move_a_clock_does_not_stop_the_watch() -> None:
    assert pause_in_quiet(Quiet(5 - 1e-15, 5), more=-10) == 0.01


def test_while_old_dynos_may_publish_for_long_it_looks_seldom_and_then_for_a_whole_window() -> None:
    assert pause_in_quiet(Quiet(0, 5), more=200) == LONGEST
    assert pause_in_quiet(Quiet(20, 5), more=9) == 3
    assert pause_in_quiet(Quiet(20, 5), more=6) == 1


def test_a_pace_is_never_faster_than_the_broker_answers() -> None:
    look = a_look(10, queues(a_queue(unacknowledged=1)), took=3.0)
    assert Pace().after(look, BY_RULE).pause(look, BY_RULE, FakeClock().now()) == 3.0


def test_failures_do_not_wait_for_ever_longer() -> None:
    look, pace = a_look(10, Unreadable("HTTP 503")), Pace()
    for _ in range(2000):
        pace = pace.after(look, BY_RULE)
    assert pace.pause(look, BY_RULE, FakeClock().now()) == LONGEST


def test_a_held_task_beside_a_running_one_foretells_nothing() -> None:
    held = HeldTask("task-1", "shop.tasks.remind", FakeClock().now() + timedelta(hours=1))
    busy = workers(a_node(held=(held,), reserved=1))
    look = a_look(10, queues(a_queue(unacknowledged=2)), busy)

    assert Pace().after(look, BY_RULE).pause(look, BY_RULE, FakeClock().now()) < 1


def test_a_queue_that_grows_is_looked_at_again_after_a_pause() -> None:
    pace = Pace().after(a_look(10, queues(a_queue(ready=5))), BY_RULE)
    more = a_look(11, queues(a_queue(ready=50)))

    assert pace.after(more, BY_RULE).pause(more, BY_RULE, FakeClock().now()) > 0.2
