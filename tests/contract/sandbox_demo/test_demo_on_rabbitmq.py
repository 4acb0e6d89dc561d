"""The demo with a real worker on a real broker: what the ledger says when all is well, and when not."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from celery import Celery
from demo_world import APP_DIR, COMMANDS, Dynos, post, private_broker, until

from migrate.clock import SystemClock
from migrate.sandbox.demo.traffic import SHARES
from migrate.sandbox.ledger import judge, wait_until_settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.contract

CHAIN_OF_FOUR = "kind=chain&seed=0&seconds=0.01"


@pytest.fixture(scope="module")
def new_instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    with private_broker(tmp_path_factory.mktemp("broker")) as new_instance:
        yield new_instance


@pytest.fixture
def dynos(tmp_path: Path, new_instance: Callable[[], str]) -> Iterator[Dynos]:
    with Dynos(tmp_path, CLOUDAMQP_URL=new_instance()) as dynos:
        yield dynos


def test_steady_traffic_is_executed_once_each_and_the_dynos_end_cleanly(dynos: Dynos) -> None:
    url = dynos.start_web()
    dynos.start_worker()
    traffic = dynos.traffic(url, "--rate", "8", "--seed", "1")
    time.sleep(10)
    traffic.send_signal(signal.SIGTERM)
    words = traffic.communicate(timeout=30)[0]

    judgement = wait_until_settled(dynos.ledger, quiet=1.5, deadline=30, clock=SystemClock())

    assert " 0 repeated, 0 given up" in words
    assert judgement.clean
    assert judgement.on_worker == judgement.handed_over > 120
    assert set(judgement.kinds) == set(SHARES)
    assert [dynos.end("web.1"), dynos.end("worker.1")] == [0, 0]


def test_a_killed_worker_loses_what_it_was_doing_and_the_ledger_says_so(dynos: Dynos) -> None:
    url = dynos.start_web()
    dynos.start_worker()
    for _ in range(6):
        post(f"{url}/enqueue?kind=single&seconds=2")
    until(lambda: len(judge(dynos.ledger).running) == 4)
    at_work = judge(dynos.ledger).running
    dynos.end("worker.1", signal.SIGKILL)
    dynos.start("worker.1")
    until(lambda: judge(dynos.ledger).executed == 2)

    judgement = wait_until_settled(dynos.ledger, quiet=1, deadline=3, clock=SystemClock())

    assert judgement.lost == at_work
    assert (judgement.handed_over, judgement.executed, judgement.doubled) == (6, 2, ())
    assert not judgement.clean


def test_a_worker_is_not_eager_though_the_config_var_asks_for_it_and_says_so(dynos: Dynos) -> None:
    url = dynos.start_web()
    dynos.start_worker(CELERY_ALWAYS_EAGER="True")
    for kind in SHARES:
        assert post(f"{url}/enqueue?kind={kind}&seconds=0.01").status == 202

    judgement = wait_until_settled(dynos.ledger, quiet=1.5, deadline=30, clock=SystemClock())

    assert judgement.clean
    assert judgement.on_worker == judgement.handed_over > 15
    with Celery(broker=dynos.config["CLOUDAMQP_URL"]) as operator:
        (conf,) = operator.control.inspect(limit=1).conf().values()
    assert conf["task_always_eager"] is False
    assert conf["eager_outside_workers"] is True


def test_a_worker_that_is_eager_loses_the_rest_of_a_chain_and_the_ledger_says_so(dynos: Dynos) -> None:
    url = dynos.start_web()
    eager_command = COMMANDS["worker"].replace("migrate.sandbox.demo.tasks", "forced_eager")
    dynos.start_worker(
        eager_command, PYTHONPATH=f"{APP_DIR.parents[2]}:{Path(__file__).parent}", CELERY_ALWAYS_EAGER="True"
    )
    answer = post(f"{url}/enqueue?{CHAIN_OF_FOUR}")
    until(lambda: judge(dynos.ledger).executed == 2)

    judgement = wait_until_settled(dynos.ledger, quiet=1, deadline=2, clock=SystemClock())

    assert len(answer.content["ids"]) == 4
    assert judgement.lost == tuple(answer.content["ids"][2:])
