"""What is said about a drain besides its verdict: whether a proof still holds, and how fast it goes."""

from __future__ import annotations

import pytest
from fakes.broker_reports import RUNNING, a_look, a_node, a_queue, queues, workers

from migrate.brokers.report import Observation, Unreadable
from migrate.drain.verdict import still_empty
from migrate.lookout.progress import rate

PIDBOX = "celery@one.celery.pidbox"


def test_a_later_look_at_the_same_quiet_is_still_empty() -> None:
    assert still_empty(a_look(5), a_look(30), expected_workers=1)


@pytest.mark.parametrize(
    "now",
    [
        a_look(30, queues(a_queue(ready=1))),
        a_look(30, queues(a_queue(state="down"))),
        a_look(30, Unreadable("timeout")),
        a_look(30, None, Unreadable("timeout")),
        a_look(30, None, workers(a_node(active=(RUNNING,)))),
        a_look(30, None, workers(a_node(accepted=8))),
        Observation(30, queues(), None),
    ],
    ids=["message", "queue down", "queues unreadable", "workers unreadable", "running", "came and went", "not asked"],
)
def test_whatever_moved_or_cannot_be_read_since_the_proof_takes_it_back(now: Observation) -> None:
    assert not still_empty(a_look(5), now, expected_workers=1)


def test_a_worker_that_fell_silent_since_the_proof_takes_it_back() -> None:
    both = workers(a_node("a"), a_node("b"))
    assert not still_empty(a_look(5, None, both), a_look(30, None, workers(a_node("a"))), expected_workers=2)


def filled(at: float, messages: int) -> Observation:
    return Observation(at, queues(a_queue(ready=messages), a_queue(PIDBOX, ready=1000)), None)


def test_the_rate_is_of_work_that_got_fewer_over_the_time_watched() -> None:
    assert rate([filled(10, 100), filled(12, 100), filled(20, 50)]) == 5


def test_looks_that_could_not_be_read_do_not_disturb_the_rate() -> None:
    assert rate([filled(0, 100), a_look(5, Unreadable("timeout")), filled(10, 90), a_look(11, Unreadable("x"))]) == 1


@pytest.mark.parametrize(
    "looks",
    [
        [],
        [filled(0, 100)],
        [filled(0, 100), filled(10, 100)],
        [filled(0, 100), filled(10, 200)],
        [filled(0, 100), filled(0, 50)],
        [filled(0, 100), a_look(10, Unreadable("timeout"))],
    ],
    ids=["no look", "one look", "unmoved", "growing", "no time", "one readable look"],
)
def test_a_rate_that_cannot_be_said_is_none(looks: list[Observation]) -> None:
    assert rate(looks) is None
