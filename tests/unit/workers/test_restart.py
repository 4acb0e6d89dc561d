"""What a restart does to a running task, as it was measured for every pool: docs/draining.md."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes.broker_reports import a_node, workers
from fakes.facts import facts_with_broker
from msgspec.structs import replace

from migrate.brokers.report import RunningTask, Unreadable, WorkerNode
from migrate.changes import releases
from migrate.steps.quiesce import Quiesce, QuiesceAgain
from migrate.workers.restart import GRACE_SECONDS, Endangered, endangered, most_killed, toll

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NAME = "shop.tasks.charge"
EARLY, LATE = True, False
SOFT = {"worker_soft_shutdown_timeout": 10.0}


def a_worker(
    pool: str, *acknowledged: bool | None, size: int = 4, reserved: int = 0, **changes: object
) -> WorkerNode:
    started = NOW.timestamp() - 12
    active = tuple(RunningTask(f"task-{n}", NAME, started, each) for n, each in enumerate(acknowledged))
    return WorkerNode("celery@one", (), active, reserved, (), 7, pool=pool, size=size, **changes)  # type: ignore[arg-type]


def found(node: WorkerNode, remap: str | None = None) -> tuple[bool, float]:
    (one,) = endangered((node,), remap)
    return one.lost, one.grace


@pytest.mark.parametrize(
    ("pool", "remap", "early", "late", "grace"),
    [
        ("prefork", None, "lost", "lost", 0),
        ("prefork", "SIGQUIT", "lost", "twice", 0),
        ("threads", None, "lost", "twice", 30),
        ("threads", "SIGQUIT", "lost", "twice", 30),
        ("gevent", None, "lost", "twice", 30),
        ("gevent", "SIGQUIT", "lost", "lost", 0),
        ("eventlet", None, "lost", "twice", 30),
        ("eventlet", "SIGQUIT", "lost", "twice", 30),
        ("solo", None, "twice", "twice", 30),
        ("solo", "SIGQUIT", "lost", "lost", 0),
        ("somebody's own", None, "lost", "lost", 0),
        ("", None, "lost", "lost", 0),
        ("prefork", "SIGTERM", "lost", "lost", 0),
    ],
)
def test_a_running_task_by_pool_and_signal(pool: str, remap: str | None, early: str, late: str, grace: float) -> None:
    assert found(a_worker(pool, EARLY), remap) == (early == "lost", grace)
    assert found(a_worker(pool, LATE), remap) == (late == "lost", grace)


def test_a_task_that_goes_back_when_its_child_dies_runs_a_second_time() -> None:
    node = a_worker("prefork", LATE, requeued=frozenset({NAME}))
    assert found(node) == (False, 0)


def test_early_acknowledgement_loses_it_whatever_the_task_wishes() -> None:
    assert found(a_worker("prefork", EARLY, requeued=frozenset({NAME}))) == (True, 0)


def test_a_task_of_which_it_is_not_told_whether_it_is_acknowledged_counts_as_lost() -> None:
    assert found(a_worker("prefork", None, requeued=frozenset({NAME}))) == (True, 0)


@pytest.mark.parametrize("name", ["worker_soft_shutdown_timeout", "CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT"])
def test_a_soft_shutdown_gives_time_where_the_signal_is_remapped(name: str) -> None:
    assert found(a_worker("prefork", LATE, settings={name: 10.0}), "SIGQUIT") == (False, 10)
    assert found(a_worker("prefork", LATE, settings={name: 90.0}), "SIGQUIT") == (False, GRACE_SECONDS)
    assert found(a_worker("prefork", LATE, settings={name: 10.0})) == (True, 0)


def test_a_soft_shutdown_does_not_help_a_solo_pool() -> None:
    assert found(a_worker("solo", EARLY, settings=SOFT), "SIGQUIT") == (True, 0)


def test_the_grace_is_what_heroku_gives() -> None:
    assert GRACE_SECONDS == releases.SHUTDOWN_SECONDS


def test_no_more_are_killed_than_run_at_once_whatever_is_reserved() -> None:
    assert most_killed(()) == 0
    assert most_killed((a_worker("prefork", EARLY),)) == 1
    assert most_killed((a_worker("prefork", EARLY, reserved=9), a_node("celery@two"))) == 4
    assert most_killed((a_worker("prefork", EARLY, reserved=2, size=0),)) == 3


def test_the_toll_is_told_with_names_and_times() -> None:
    assert toll((), NOW) == "no worker that answers runs a task"
    tasks = endangered((a_worker("prefork", EARLY, LATE, requeued=frozenset({NAME})),), None)
    assert toll(tasks, NOW) == (
        "running now: 2 tasks (shop.tasks.charge 12 s, shop.tasks.charge 12 s); "
        "a restart now would lose 1; run a second time 1"
    )
    threads = endangered((a_worker("threads", EARLY),), None)
    assert toll(threads, NOW).endswith("a restart now would lose 1, unless done within 30 s more")


def test_the_preview_of_the_first_quiesce_says_what_runs_and_what_a_restart_would_do() -> None:
    report = replace(workers(a_worker("prefork", EARLY)), at=NOW)
    facts = facts_with_broker(workers=report)
    assert Quiesce().preview(facts).observed == (
        "workers that take tasks from celery: 1; "
        "running now: 1 task (shop.tasks.charge 12 s); a restart now would lose 1"
    )
    assert "running now" not in QuiesceAgain().preview(facts).observed


def test_the_preview_knows_of_a_signal_that_is_remapped() -> None:
    facts = facts_with_broker(workers=replace(workers(a_worker("prefork", LATE)), at=NOW))
    assert "run a second time 1" in Quiesce().preview(replace(facts, remap_sigterm="SIGQUIT")).observed


def test_where_the_workers_could_not_be_asked_the_preview_claims_nothing() -> None:
    facts = facts_with_broker(workers=Unreadable("no AMQP connection"))
    assert "restart" not in Quiesce().preview(facts).observed


def test_many_tasks_are_not_all_named() -> None:
    tasks = endangered((a_worker("prefork", *[EARLY] * 40),), None)
    assert toll(tasks, NOW).count(NAME) == 10
    assert "and 30 more" in toll(tasks, NOW)


def test_a_worker_whose_clock_is_ahead_has_run_its_task_for_no_time() -> None:
    ahead = Endangered(RunningTask("task-1", NAME, NOW.timestamp() + 60, EARLY), "celery@one", lost=True, grace=0)
    assert ahead.running_for(NOW) == 0
