from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes.broker_reports import HELD, RUNNING, a_look, a_node, a_queue, inventory_of, queues, workers
from msgspec.structs import replace

from migrate.brokers.queues import Sorting
from migrate.brokers.report import HeldTask, Inventory, Observation, QueueCount, Unreadable, WorkerNode
from migrate.drain.verdict import (
    SETTLE_LAGGING,
    SETTLE_LIVE,
    Empty,
    NotEmpty,
    Unknown,
    Verdict,
    judge,
    latest_due,
    settle_window,
)

PIDBOX = "celery@one.celery.pidbox"


def after_quiet(last: Observation) -> Verdict:
    """Judge a look that comes after a minute of perfect quiet."""
    return judge([a_look(second) for second in range(60)] + [replace(last, at=60)], expected_workers=1)


def reason(verdict: Verdict) -> str:
    assert not isinstance(verdict, Empty)
    return verdict.reason


def test_without_any_observation_nothing_is_known() -> None:
    assert isinstance(judge([], expected_workers=0), Unknown)


def test_one_zero_is_not_enough() -> None:
    assert judge([a_look(0)], expected_workers=1) == NotEmpty("empty for 0 of 5 s")


def test_a_full_settle_window_of_quiet_is_empty() -> None:
    assert judge([a_look(0), a_look(2.5), a_look(SETTLE_LIVE)], expected_workers=1) == Empty(SETTLE_LIVE)


def test_a_moment_less_than_the_settle_window_is_not_empty() -> None:
    assert isinstance(judge([a_look(0), a_look(SETTLE_LIVE - 0.01)], expected_workers=1), NotEmpty)


def test_the_time_of_quiet_is_counted_from_the_last_look_that_was_not_quiet() -> None:
    busy = a_look(10, queues(a_queue(ready=1)))
    looks = [a_look(0), busy, a_look(11), a_look(14)]

    assert isinstance(judge(looks, expected_workers=1), NotEmpty)
    assert judge([*looks, a_look(16)], expected_workers=1) == Empty(5)


@pytest.mark.parametrize("queue", [a_queue(ready=1), a_queue(unacknowledged=1), a_queue("celery_delayed_3", ready=1)])
def test_a_single_message_is_not_empty(queue: QueueCount) -> None:
    assert after_quiet(a_look(0, queues(a_queue("other"), queue))) == NotEmpty("1 message left")


def test_messages_of_all_work_queues_are_added_up() -> None:
    report = queues(a_queue("mails", ready=2, unacknowledged=1), a_queue("celery", unacknowledged=4))
    assert after_quiet(Observation(0, report, None)) == NotEmpty("7 messages left")


def test_messages_in_celerys_own_plumbing_are_no_work() -> None:
    report = queues(a_queue(), a_queue(PIDBOX, ready=5), a_queue("celeryev.1", unacknowledged=2))
    assert isinstance(after_quiet(a_look(0, report)), Empty)


@pytest.mark.parametrize("state", ["down", "crashed", "stopped", "minority", "syncing", ""])
def test_a_queue_in_an_unexpected_state_is_unknown_never_empty(state: str) -> None:
    verdict = after_quiet(a_look(0, queues(a_queue("other"), a_queue(state=state))))

    assert isinstance(verdict, Unknown)
    assert "queue celery is" in verdict.reason


@pytest.mark.parametrize("state", ["running", "idle", "flow"])
def test_a_queue_in_an_ordinary_state_is_believed(state: str) -> None:
    assert isinstance(after_quiet(a_look(0, queues(a_queue(state=state)))), Empty)


def test_a_down_queue_is_unknown_even_with_messages_elsewhere() -> None:
    report = queues(a_queue("mails", ready=3), a_queue(state="down"))
    assert isinstance(after_quiet(a_look(0, report)), Unknown)


def test_queues_that_could_not_be_read_are_unknown_with_the_reason() -> None:
    assert after_quiet(a_look(0, Unreadable("HTTP 503"))) == Unknown("HTTP 503")


def test_workers_that_could_not_be_read_are_unknown_with_the_reason() -> None:
    assert after_quiet(a_look(0, None, Unreadable("no AMQP connection"))) == Unknown("no AMQP connection")


def test_workers_that_were_not_asked_are_unknown() -> None:
    assert isinstance(after_quiet(Observation(0, queues(), None)), Unknown)


def test_a_worker_that_does_not_answer_is_unknown() -> None:
    looks = [a_look(0), a_look(60)]
    assert judge(looks, expected_workers=2) == Unknown("1 of 2 workers answered")


def test_more_workers_than_expected_are_welcome() -> None:
    report = workers(a_node("a"), a_node("b"))
    assert isinstance(judge([a_look(0, None, report), a_look(5, None, report)], expected_workers=1), Empty)


def test_a_task_that_no_broker_knows_of_but_a_worker_runs_is_not_empty() -> None:
    verdict = after_quiet(a_look(0, None, workers(a_node(active=(RUNNING,)))))
    assert verdict == NotEmpty("celery@one is still running shop.tasks.charge")


def test_a_reserved_task_is_not_empty() -> None:
    verdict = after_quiet(a_look(0, None, workers(a_node(reserved=1))))
    assert verdict == NotEmpty("celery@one is still running reserved tasks")


def test_a_held_task_is_not_empty_and_says_until_when() -> None:
    verdict = after_quiet(a_look(0, None, workers(a_node(held=(HELD,)))))
    assert verdict == NotEmpty("1 message left; 1 held until 12:30:00 UTC")


def test_a_task_held_without_a_time_is_not_empty() -> None:
    held = HeldTask("task-3", "shop.tasks.slow", None)
    assert isinstance(after_quiet(a_look(0, None, workers(a_node(held=(held,))))), NotEmpty)


@pytest.mark.parametrize("node", [a_node("z", active=(RUNNING,)), a_node("z", reserved=1), a_node("z", held=(HELD,))])
def test_one_busy_worker_among_idle_ones_is_enough(node: WorkerNode) -> None:
    assert isinstance(after_quiet(a_look(0, None, workers(a_node(), node))), NotEmpty)


def test_a_task_that_came_and_went_between_two_looks_starts_the_window_again() -> None:
    moved = workers(a_node(accepted=8))
    looks = [a_look(0), a_look(4), a_look(6, None, moved)]

    assert judge(looks, expected_workers=1) == NotEmpty("empty for 0 of 5 s")
    assert judge([*looks, a_look(11, None, moved)], expected_workers=1) == Empty(5)


def test_a_worker_that_restarted_in_the_window_starts_it_again() -> None:
    fresh = workers(a_node(accepted=0))
    assert isinstance(judge([a_look(0), a_look(60, None, fresh)], expected_workers=1), NotEmpty)


def test_a_worker_that_joined_in_the_window_starts_it_again() -> None:
    both = workers(a_node(), a_node("celery@two", accepted=0))
    assert isinstance(judge([a_look(0), a_look(60, None, both)], expected_workers=1), NotEmpty)


def test_one_unreadable_look_within_the_window_starts_it_again() -> None:
    looks = [a_look(0), a_look(3, Unreadable("timeout")), a_look(5)]
    assert isinstance(judge(looks, expected_workers=1), NotEmpty)


@pytest.mark.parametrize(
    ("observation", "window"),
    [
        (a_look(0), SETTLE_LIVE),
        (a_look(0, queues(live=False)), SETTLE_LAGGING),
        (a_look(0, queues(a_queue(), a_queue("orders", type_="quorum"))), SETTLE_LAGGING),
        (a_look(0, queues(a_queue("log", type_="stream"))), SETTLE_LAGGING),
        (a_look(0, queues(a_queue(), a_queue("celeryev.1", type_="quorum"))), SETTLE_LIVE),
        (a_look(0, Unreadable("timeout")), SETTLE_LAGGING),
    ],
    ids=["live", "cached", "quorum", "stream", "quorum plumbing", "unreadable"],
)
def test_counts_that_lag_must_stay_empty_for_longer(observation: Observation, window: float) -> None:
    assert settle_window(observation) == window


def test_the_long_window_outlasts_the_longest_lag_that_was_measured() -> None:
    assert SETTLE_LAGGING > 9.7
    assert SETTLE_LIVE >= 5


def test_the_reason_tells_messages_and_held_tasks_apart() -> None:
    held = workers(a_node(held=(HELD,)))
    verdict = after_quiet(Observation(0, queues(a_queue(unacknowledged=3)), held))
    assert reason(verdict) == "3 messages left; 1 held until 12:30:00 UTC"


def test_the_latest_due_time_is_over_all_workers_and_none_without_one() -> None:
    later = HeldTask("task-4", "t", datetime(2026, 11, 24, 23, 0, tzinfo=UTC))
    timeless = HeldTask("task-5", "t", None)

    assert latest_due(workers(a_node("a", held=(HELD, timeless)), a_node("b", held=(later,)))) == later.due
    assert latest_due(workers(a_node("a", held=(timeless,)))) is None
    assert latest_due(workers()) is None


def test_a_look_at_a_cache_within_the_window_makes_the_window_long() -> None:
    from_a_cache = a_look(0, queues(live=False))

    assert not isinstance(judge([from_a_cache, a_look(5)], 1), Empty)
    assert isinstance(judge([from_a_cache, a_look(5), a_look(10)], 1), Empty)


def test_a_queue_that_exists_and_has_no_counts_is_unknown_however_empty_the_others_are() -> None:
    register = inventory_of(queues(), workers(), "crashed")
    verdict = after_quiet(a_look(0, inventory=register))
    assert verdict == Unknown("queue crashed exists and is not counted: its process may have crashed")


def test_plumbing_that_came_after_the_counts_is_no_matter() -> None:
    register = inventory_of(queues(), workers(), "celery@two.celery.pidbox")
    assert isinstance(after_quiet(a_look(0, inventory=register)), Empty)


def test_a_register_that_could_not_be_read_or_was_not_asked_for_is_unknown() -> None:
    assert after_quiet(a_look(0, inventory=Unreadable("HTTP 500"))) == Unknown("HTTP 500")
    assert isinstance(after_quiet(Observation(0, queues(), workers())), Unknown)


def test_messages_that_an_exchange_holds_back_are_not_empty() -> None:
    register = replace(inventory_of(queues(), workers()), delayed={"quiet": 0, "later": 2})
    assert after_quiet(a_look(0, inventory=register)) == NotEmpty("2 messages held back by exchange later")


def test_messages_that_a_queue_holds_back_itself_count_too() -> None:
    held_back = replace(a_queue(), delayed=3)
    assert after_quiet(a_look(0, queues(held_back))) == NotEmpty("3 messages left")


def test_a_slow_answer_is_no_time_that_was_watched() -> None:
    # The queues were read at 1, and the workers answered at 6: the queues were watched for a second.
    slow = a_look(1, took=5)

    assert judge([a_look(0), slow], expected_workers=1) == NotEmpty("empty for 1 of 5 s")
    assert judge([slow, a_look(10)], expected_workers=1) == NotEmpty("empty for 4 of 5 s")
    assert judge([slow, a_look(11)], expected_workers=1) == Empty(5)


def test_queues_that_are_ignored_neither_hold_up_a_verdict_nor_lengthen_its_window() -> None:
    sorting = Sorting(ignored_patterns=("dead",))
    looks = [a_look(at, queues(a_queue(), a_queue("dead", ready=9, type_="quorum"))) for at in (0, 5)]

    assert judge(looks, 1, sorting) == Empty(5)
    assert judge(looks, 1) == NotEmpty("9 messages left")


def test_a_worker_whose_mailbox_is_not_on_this_broker_shows_that_it_is_another_one() -> None:
    of_another_broker = Inventory(frozenset({"celery"}))
    verdict = after_quiet(a_look(0, inventory=of_another_broker))

    assert isinstance(verdict, Unknown)
    assert "the mailbox of celery@one" in verdict.reason
