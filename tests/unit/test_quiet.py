from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fakes.broker_reports import RUNNING, a_node, workers

from migrate.broker_report import Consumer, HeldTask, WorkerReport
from migrate.quiet import DUE_SOON, judge_quiet
from migrate.waits import Waiting

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PIDBOX = Consumer("celery@one.celery.pidbox", "a")


def judged(report: WorkerReport, *consumers: Consumer, expected: int = 1) -> Waiting | None:
    return judge_quiet(report, consumers, expected, NOW)


def held(due: datetime | None) -> WorkerReport:
    return workers(a_node(held=(HeldTask("task-1", "shop.tasks.remind", due),)))


def test_idle_workers_without_consumers_are_quiet() -> None:
    assert judged(workers()) is None


def test_a_mailbox_is_no_reason_to_wait() -> None:
    assert judged(workers(), PIDBOX, Consumer("celeryev.1", "a")) is None


def test_a_worker_that_does_not_answer_is_not_quiet() -> None:
    assert judged(workers(), expected=2) == Waiting("1 of 2 workers answer")


def test_no_answer_at_all_is_not_quiet() -> None:
    assert judged(WorkerReport(())) == Waiting("0 of 1 workers answer")


def test_a_running_task_is_named() -> None:
    report = workers(a_node("celery@two"), a_node(active=(RUNNING, RUNNING)))
    assert judged(report) == Waiting("celery@one finishes shop.tasks.charge")


def test_reserved_tasks_are_counted() -> None:
    assert judged(workers(a_node(reserved=3))) == Waiting("celery@one finishes 3 reserved tasks")


@pytest.mark.parametrize("seconds", [-5, 0, DUE_SOON.total_seconds() - 1])
def test_a_held_task_that_falls_due_before_the_restart_is_waited_for(seconds: float) -> None:
    assert judged(held(NOW + timedelta(seconds=seconds))) == Waiting(
        "celery@one holds shop.tasks.remind, due in a moment"
    )


def test_a_held_task_without_a_time_may_start_at_any_moment() -> None:
    assert isinstance(judged(held(None)), Waiting)


def test_a_task_held_for_long_goes_back_to_the_queue_by_itself() -> None:
    assert judged(held(NOW + DUE_SOON)) is None
    assert judged(held(NOW + timedelta(hours=1))) is None


def test_a_consumer_that_the_broker_still_lists_has_the_last_word() -> None:
    waiting = judged(workers(), Consumer("mails", "b"), Consumer("celery", "a"), Consumer("mails", "c"))
    assert waiting == Waiting("somebody still consumes from celery, mails")


def test_with_every_known_worker_crashed_a_consumer_that_is_left_is_still_waited_for() -> None:
    assert judged(WorkerReport(()), Consumer("celery", "a"), expected=0) == Waiting(
        "somebody still consumes from celery"
    )


def test_where_silence_was_accepted_a_worker_that_answers_is_still_waited_for() -> None:
    assert isinstance(judged(workers(a_node(active=(RUNNING,))), expected=0), Waiting)
