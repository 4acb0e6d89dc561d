"""Why a drain does not get on, by what was read: one test a cause."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.broker_reports import HELD, RUNNING, a_look, a_node, a_queue, queues, workers
from fakes.statistics import WORKER, a_client, a_reading, counted
from msgspec.structs import replace

from migrate.brokers.queues import Sorting
from migrate.brokers.report import Consumer, Unreadable, WorkerReport
from migrate.brokers.statistics import BrokerTroubles
from migrate.lookout.held import held
from migrate.lookout.leaks import Leak
from migrate.lookout.picture import Ebb, Picture
from migrate.lookout.stall import Cause, diagnose, never_consumed
from migrate.platform import Dyno, ProcessType

NOW = datetime.fromtimestamp(1_795_521_600 + 1080, tz=UTC)
"""18 minutes after RUNNING has begun."""
STUCK = a_queue(ready=3, unacknowledged=1)
WORKERS = ProcessType("worker", 1, "celery -A shop worker")
UP = Dyno("d1", "worker.1", "worker", "up", 12)
NOBODY = WorkerReport(())


def picture(**changes: Any) -> Picture:
    """A queue with a worker that is idle, or so it says: nothing explains why it does not get empty."""
    known = Picture(
        app="shop",
        queues=(STUCK,),
        dead_letters={},
        before=a_reading(0),
        now=a_reading(60),
        expected=1,
        consumed=("celery",),
        held=None,
        at=NOW,
        formation=(WORKERS,),
        dynos=(UP,),
        troubles=BrokerTroubles(3, 20, ()),
    )
    return replace(known, **changes)


def cause(**changes: Any) -> Cause:
    found = diagnose(picture(**changes))
    assert found is not None
    return found


def test_where_nothing_explains_it_nothing_is_claimed() -> None:
    assert diagnose(picture()) is None


def test_a_broker_without_memory_blocks_whoever_publishes() -> None:
    found = cause(troubles=BrokerTroubles(3, 20, ("disk", "memory")))

    assert found.code == "alarm"
    assert "run out of disk and memory" in found.text


def test_workers_that_crashed_are_named_with_their_log() -> None:
    found = cause(dynos=(replace(UP, state="crashed"),), now=a_reading(60, consumers=(), workers_=NOBODY))

    assert (found.code, "worker.1" in found.text) == ("workers-crashed", True)
    assert found.do.startswith("heroku logs --dyno worker.1 --app shop")


def test_a_formation_at_zero_is_said_with_what_scales_it() -> None:
    found = cause(formation=(replace(WORKERS, quantity=0),), now=a_reading(60, consumers=(), workers_=NOBODY))

    assert found.code == "workers-scaled-down"
    assert found.do == "heroku ps:scale worker=1 --app shop"


def test_a_formation_at_zero_explains_nothing_while_workers_answer() -> None:
    assert diagnose(picture(formation=(replace(WORKERS, quantity=0),))) is None


def test_a_plan_at_its_limit_keeps_workers_from_connecting() -> None:
    found = cause(troubles=BrokerTroubles(20, 20, ()), now=a_reading(60, consumers=(), workers_=NOBODY))

    assert (found.code, "20 of 20 connections" in found.text) == ("connection-limit", True)


@pytest.mark.parametrize("troubles", [BrokerTroubles(20, 20, ()), BrokerTroubles(20, None, None), None])
def test_a_full_plan_on_which_all_workers_are_connected_explains_nothing(troubles: BrokerTroubles | None) -> None:
    assert diagnose(picture(troubles=troubles)) is None


def test_a_queue_that_lost_its_consumers() -> None:
    found = cause(now=a_reading(60, consumers=(), workers_=workers(a_node(queues=()))))

    assert (found.code, "Nobody takes from celery, which had consumers" in found.text) == ("no-consumer", True)


def test_a_worker_that_says_it_is_on_the_queue_is_believed_before_the_broker_lists_it() -> None:
    assert diagnose(picture(now=a_reading(60, consumers=()))) is None


def test_consumers_that_could_not_be_read_are_not_none() -> None:
    now = a_reading(60, consumers=Unreadable("HTTP 500"), workers_=Unreadable("timeout"))

    assert diagnose(picture(now=now, expected=0)) is None


DEAD = a_queue("dead", ready=2)


def test_a_queue_that_nobody_ever_took_from_is_said_to_stay() -> None:
    found = cause(queues=(DEAD,))

    assert found.code == "never-consumed"
    assert found.text.startswith("dead has 2 messages and no consumer, and had none when the migration began.")
    assert "dead letters" not in found.text


def test_a_place_for_dead_letters_is_called_what_it_is() -> None:
    found = never_consumed(picture(queues=(DEAD,), dead_letters={"dead": "celery"}))

    assert found is not None
    assert "It is where celery puts its dead letters." in found.text


def test_what_comes_after_the_workers_have_left_is_not_blamed_on_a_worker() -> None:
    found = cause(now=a_reading(60, consumers=(), workers_=NOBODY), expected=0, left=True)

    assert found.code == "left-behind"
    assert "the workers have left for the new broker" in found.text
    assert "still publishes there" in found.do


def test_a_parking_place_of_delayed_tasks_has_no_consumer_and_needs_none() -> None:
    assert never_consumed(picture(queues=(a_queue("celery_delayed_5", ready=2),))) is None


def test_while_other_queues_get_on_a_forsaken_one_is_not_why_they_take_their_time() -> None:
    before, now = a_reading(0), a_reading(60, counted(acknowledged=70))

    assert diagnose(picture(queues=(STUCK, DEAD), before=before, now=now)) is None


AGAIN = a_reading(60, counted(redelivered=41))


def test_a_message_that_comes_back_again_and_again_kills_its_worker() -> None:
    found = cause(now=AGAIN)

    assert found.code == "redelivered"
    assert "A message of celery came back 41 times in 60 s and was never acknowledged" in found.text


def test_the_task_of_such_a_message_is_named_where_a_worker_has_it_now() -> None:
    running = replace(RUNNING, redelivered=True)
    now = a_reading(60, counted(redelivered=41), workers_=workers(a_node(active=(running,))))

    assert "celery (shop.tasks.charge) came back" in cause(now=now).text


def test_a_queue_on_which_other_messages_are_done_is_not_stuck_on_the_one_that_comes_back() -> None:
    assert diagnose(picture(now=a_reading(60, counted(redelivered=41, acknowledged=9)))) is None


def test_a_long_task_is_named_with_its_worker_and_for_how_long_it_runs() -> None:
    young = replace(RUNNING, id="task-9", name="shop.tasks.mail", started=NOW.timestamp() - 2)
    found = cause(now=a_reading(60, workers_=workers(a_node(active=(young, RUNNING)))))

    assert found.text == "celery@one has been running shop.tasks.charge for 18 min, and 1 more."
    assert "task-1" in found.do
    assert "terminate" not in found.do


def test_held_tasks_that_are_all_that_is_left_are_why() -> None:
    report = workers(a_node(held=(HELD,)))
    left = (a_queue(unacknowledged=1),)

    assert cause(queues=left, held=held(report, left), now=a_reading(60, workers_=report)).code == "held-tasks"


def test_a_worker_that_runs_a_task_comes_before_another_that_holds_one() -> None:
    report = workers(a_node(active=(RUNNING,), held=(HELD,)))

    assert cause(held=held(report, (STUCK,)), now=a_reading(60, workers_=report)).code == "long-task"


def test_as_many_tasks_as_go_may_come_in() -> None:
    leak = Leak(60, {"celery": 120}, (), {}, certain=False)

    assert cause(leak=leak, now=a_reading(60, workers_=workers(a_node(active=(RUNNING,))))).code == "leak"


def test_a_worker_that_is_silent_is_counted() -> None:
    found = cause(expected=3)

    assert (found.code, found.text.startswith("1 of 3 workers answer.")) == ("workers-silent", True)


def test_messages_that_a_stranger_keeps_are_followed_to_its_connection() -> None:
    now = a_reading(
        60,
        clients=(a_client("10.5.5.5:7", unacknowledged=4, software="pika 1.3"),),
        consumers=(Consumer("celery", WORKER),),
    )
    found = cause(now=now, queues=(a_queue(unacknowledged=4),))

    assert (found.code, "4 messages are with 10.5.5.5:7 (pika 1.3)" in found.text) == ("unacknowledged", True)


def ebb(*looks: tuple[float, int]) -> Ebb:
    known = Ebb(0)
    for at, messages in looks:
        known = known.after(a_look(at, queues(a_queue(ready=messages))), Sorting())
    return known


def test_fewer_than_ever_is_progress() -> None:
    assert ebb((0, 10), (30, 9), (60, 9)).since == 30


def test_up_and_down_again_is_none() -> None:
    assert ebb((0, 10), (30, 14), (60, 10), (90, 12)).since == 0


def test_one_queue_that_gets_lower_is_enough() -> None:
    known = Ebb(0).after(a_look(0, queues(a_queue("a", ready=5), a_queue("b", ready=5))), Sorting())

    assert known.after(a_look(30, queues(a_queue("a", ready=9), a_queue("b", ready=4))), Sorting()).since == 30


def test_a_look_that_failed_changes_nothing() -> None:
    known = ebb((0, 10), (30, 9))

    assert known.after(a_look(60, Unreadable("HTTP 500")), Sorting()) == known
