from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fakes.broker_reports import RUNNING, a_node, workers

from migrate.brokers.report import Consumer, HeldTask, RunningTask, WorkerReport
from migrate.workers.unrest import DUE_SOON, Unheard, Unrest, judge_quiet, unheard

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def judged(
    report: WorkerReport, *consumers: Consumer, expected: int = 1, silent: tuple[str, ...] = ()
) -> Unrest | None:
    return judge_quiet(report, consumers, expected, NOW, silent)


def held(due: datetime | None) -> WorkerReport:
    return workers(a_node(held=(HeldTask("task-1", "shop.tasks.remind", due),)))


def test_idle_workers_without_consumers_are_quiet() -> None:
    assert judged(workers()) is None


def test_a_worker_that_does_not_answer_is_not_quiet() -> None:
    assert judged(workers(), expected=2) == Unrest("1 of 2 workers answer")


def test_no_answer_at_all_is_not_quiet() -> None:
    assert judged(WorkerReport(())) == Unrest("0 of 1 workers answer")


def test_workers_that_are_connected_and_silent_are_named() -> None:
    assert judged(workers(), expected=2, silent=("celery@solo",)) == Unrest(
        "1 of 2 workers answer; celery@solo did not: silent while a task runs, as a solo pool is, or stuck"
    )


def test_a_silent_worker_beyond_the_number_is_not_quiet() -> None:
    assert isinstance(judged(workers(), expected=1, silent=("celery@solo",)), Unrest)


def test_running_tasks_are_named_with_how_long_they_run_longest_first() -> None:
    long = RunningTask("task-2", "shop.tasks.report", NOW.timestamp() - 700)
    short = RunningTask("task-3", "shop.tasks.charge", NOW.timestamp() - 12)
    report = workers(a_node("celery@two"), a_node(active=(short, long)))
    assert judged(report) == Unrest(
        "still running: shop.tasks.report (700 s), shop.tasks.charge (12 s) on celery@one", busy=True
    )


def test_a_worker_whose_clock_is_ahead_runs_a_task_for_no_time_at_all() -> None:
    ahead = RunningTask("task-2", "shop.tasks.report", NOW.timestamp() + 90)
    assert judged(workers(a_node(active=(ahead,)))) == Unrest(
        "still running: shop.tasks.report (0 s) on celery@one", busy=True
    )


def test_a_task_whose_start_is_not_told_is_named_without_a_time() -> None:
    unknown = RunningTask("task-2", "shop.tasks.report", None)
    assert judged(workers(a_node(active=(unknown,)))) == Unrest(
        "still running: shop.tasks.report on celery@one", busy=True
    )


def test_reserved_tasks_are_counted() -> None:
    assert judged(workers(a_node(reserved=3))) == Unrest("still running: 3 reserved tasks on celery@one", busy=True)


def test_a_task_that_runs_is_not_all_where_somebody_still_consumes() -> None:
    found = judged(workers(a_node(reserved=3)), Consumer("mails", "b"))
    assert found == Unrest("still running: 3 reserved tasks on celery@one; somebody still consumes from mails")
    assert not found.busy


@pytest.mark.parametrize("seconds", [-5, 0, DUE_SOON.total_seconds() - 1])
def test_a_held_task_that_falls_due_before_the_restart_is_waited_for(seconds: float) -> None:
    assert judged(held(NOW + timedelta(seconds=seconds))) == Unrest(
        "celery@one holds shop.tasks.remind, due in a moment"
    )


def test_a_held_task_without_a_time_may_start_at_any_moment() -> None:
    assert isinstance(judged(held(None)), Unrest)


def test_a_task_held_for_long_goes_back_to_the_queue_by_itself() -> None:
    assert judged(held(NOW + DUE_SOON)) is None
    assert judged(held(NOW + timedelta(hours=1))) is None


def test_a_consumer_that_the_broker_still_lists_has_the_last_word() -> None:
    found = judged(workers(), Consumer("mails", "b"), Consumer("celery", "a"), Consumer("mails", "c"))
    assert found == Unrest("somebody still consumes from celery, mails")


def test_with_every_known_worker_crashed_a_consumer_that_is_left_is_still_waited_for() -> None:
    assert judged(WorkerReport(()), Consumer("celery", "a"), expected=0) == Unrest(
        "somebody still consumes from celery"
    )


def test_where_silence_was_accepted_a_worker_that_answers_is_still_waited_for() -> None:
    assert isinstance(judged(workers(a_node(active=(RUNNING,))), expected=0), Unrest)


def test_who_has_a_mailbox_and_does_not_answer_is_known_with_its_queues() -> None:
    consumers = (
        Consumer("celery@one.celery.pidbox", "a"),
        Consumer("celery", "a"),
        Consumer("celery@solo.celery.pidbox", "b"),
        Consumer("mails", "b"),
        Consumer("celery", "b"),
    )
    assert unheard(consumers, {"celery@one"}) == (Unheard("celery@solo", "b", ("celery", "mails")),)


def test_a_mailbox_on_a_connection_of_its_own_tells_no_queues() -> None:
    consumers = (Consumer("celery@green.celery.pidbox", "a"), Consumer("celery", "b"))
    assert unheard(consumers, ()) == (Unheard("celery@green", "a", ()),)


def test_the_mailbox_of_somebody_who_asks_is_no_worker() -> None:
    assert unheard((Consumer("1b4e28ba.reply.celery.pidbox", "a"),), ()) == ()
