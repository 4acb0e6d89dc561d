"""Bringing real Celery workers to rest, and restarting them as Heroku does."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from busy_workers import Workplace
from polling import until

from migrate.errors import WorkersBusy
from migrate.workers.quiet import quiesce, restore

if TYPE_CHECKING:
    from pathlib import Path

    from loopback_rabbitmq import LoopbackRabbitMQ

pytestmark = pytest.mark.contract
pytest_plugins = ("shared_rabbitmq",)

PREFORK = ("-P", "prefork", "-c", "2")
SOLO = ("-P", "solo")


@pytest.fixture
def workplace(broker: LoopbackRabbitMQ, tmp_path: Path) -> Workplace:
    return Workplace(tmp_path, broker, broker.instance())


def waiting_messages(workplace: Workplace) -> int:
    with workplace.broker.management(workplace.instance.address) as client:
        return sum(queue.ready for queue in client.queues().queues if queue.name == "celery")


def test_a_busy_worker_that_was_brought_to_rest_loses_nothing_to_a_restart(workplace: Workplace) -> None:
    tasks = {f"task-{number}": 0.5 for number in range(8)}
    with workplace.worker(*PREFORK) as old, workplace.run() as run:
        workplace.send(tasks)
        until(workplace.ledger.began)
        quiesce(run)
        assert workplace.ledger.began() == workplace.ledger.done()
        old.restart_away(grace=5)
    with workplace.worker(*PREFORK):
        until(lambda: len(workplace.ledger.done()) == len(tasks))
    assert workplace.ledger.done() == dict.fromkeys(tasks, 1)


def test_without_it_what_runs_is_lost(workplace: Workplace) -> None:
    with workplace.worker(*PREFORK) as old:
        workplace.send({"lost": 5})
        until(workplace.ledger.began)
        old.restart_away(grace=5)
    assert workplace.ledger.done() == {}
    assert waiting_messages(workplace) == 0


def test_a_solo_pool_under_load_is_taken_off_though_it_never_answers_in_time(workplace: Workplace) -> None:
    tasks = {f"task-{number}": 0.4 for number in range(12)}
    with workplace.worker(*SOLO, "--prefetch-multiplier", "1"), workplace.run() as run:
        workplace.send(tasks)
        until(workplace.ledger.began)
        quiesce(run)
        assert workplace.ledger.began() == workplace.ledger.done()
        assert waiting_messages(workplace) == len(tasks) - len(workplace.ledger.done())

        restore(run)
        until(lambda: len(workplace.ledger.done()) == len(tasks))


def test_a_worker_that_boots_meanwhile_is_taken_off_too(workplace: Workplace) -> None:
    with workplace.worker(*PREFORK), workplace.run() as run:
        workplace.send({"long": 6})
        until(workplace.ledger.began)
        second = workplace.start(*SOLO)
        try:
            quiesce(run)
            second.wait_until_ready()
            quiesce(run)
            workplace.send({"left-alone": 0})
            time.sleep(0.5)
            assert waiting_messages(workplace) == 1
        finally:
            second.restart_away(0)
        assert run.journal.consumers_off == {"worker.1@dyno": ["celery"], "worker.2@dyno": ["celery"]}


def test_a_worker_without_remote_control_is_seen_on_its_queue(workplace: Workplace) -> None:
    settings = {"worker_enable_remote_control": False}
    with (
        workplace.worker(*SOLO, settings=settings),
        workplace.run(workers=0, deadline=1) as run,
        pytest.raises(WorkersBusy, match="did not come to rest") as caught,
    ):
        quiesce(run)
    # By the list, or by the queue where the list does not show it yet.
    assert re.search("consumes? from celery", caught.value.why)


def test_a_task_that_outlasts_the_deadline_is_named_and_its_fate_told(workplace: Workplace) -> None:
    with workplace.worker(*PREFORK), workplace.run(deadline=1) as run:
        workplace.send({"early": 30})
        workplace.send({"requeued": 30}, task="busy.requeued")
        until(lambda: len(workplace.ledger.began()) == 2)
        with pytest.raises(WorkersBusy) as caught:
            quiesce(run)
    assert "busy.early" in caught.value.why
    assert "A restart now would lose 1; run a second time 1." in caught.value.why
    assert "--accept TASKS_KILLED=2" in caught.value.why
