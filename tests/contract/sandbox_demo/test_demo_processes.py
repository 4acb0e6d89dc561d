"""The demo as real processes without a broker: eager mode, and the time between two add-ons."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from demo_world import Dynos, get, post, until

from migrate.sandbox.demo.traffic import SHARES
from migrate.sandbox.rehearsal.judgement import judge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.contract


@pytest.fixture
def dynos(tmp_path: Path) -> Iterator[Dynos]:
    with Dynos(tmp_path) as dynos:
        yield dynos


def test_an_eager_web_process_runs_every_kind_inline_and_needs_no_broker(dynos: Dynos) -> None:
    url = dynos.start_web(CELERY_ALWAYS_EAGER="True")

    answers = [post(f"{url}/enqueue?kind={kind}&seconds=0.01") for kind in SHARES]

    assert [answer.status for answer in answers] == [202] * len(SHARES)
    judgement, recorded = judge(dynos.ledger), judge(dynos.recorded)
    assert judgement.clean
    assert judgement.inline == judgement.handed_over > 15
    assert recorded.clean
    assert recorded.inline == recorded.handed_over == judgement.inline
    assert set(judgement.kinds) == set(SHARES)


def test_inline_chains_and_chords_of_many_requests_at_once_do_not_disturb_each_other(dynos: Dynos) -> None:
    url = dynos.start_web(CELERY_ALWAYS_EAGER="True")
    queries = [f"{url}/enqueue?kind={kind}&seconds=0.02" for kind in ("chain", "chord", "spawn") * 20]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(post, queries))

    assert [answer.status for answer in answers] == [202] * 60
    assert judge(dynos.ledger).clean


def test_after_sigterm_a_busy_eager_web_process_refuses_new_requests(dynos: Dynos) -> None:
    url = dynos.start_web(CELERY_ALWAYS_EAGER="True")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, f"{url}/enqueue?kind=single&seconds=2")
        until(lambda: len(judge(dynos.ledger).running) == 1)
        os.killpg(dynos.running["web.1"].pid, signal.SIGTERM)

        until(lambda: get(f"{url}/health") is None, seconds=1)
        assert not answer.done()
        assert answer.result().status == 202


def test_requests_with_inline_tasks_are_finished_after_sigterm(dynos: Dynos) -> None:
    url = dynos.start_web(CELERY_ALWAYS_EAGER="True")
    with ThreadPoolExecutor(10) as pool:
        answers = [pool.submit(post, f"{url}/enqueue?kind=group&seconds=0.2") for _ in range(10)]
        until(lambda: dynos.ledger.exists() and len(judge(dynos.ledger).running) == 10)

        assert dynos.end("web.1") == 0
        assert [answer.result().status for answer in answers] == [202] * 10

    assert judge(dynos.ledger).clean


def test_without_broker_and_eager_mode_requests_are_refused_and_nothing_is_owed(dynos: Dynos) -> None:
    url = dynos.start_web()

    assert post(f"{url}/enqueue?kind=group").status == 503
    judgement = judge(dynos.ledger)
    assert judgement.handed_over == 0
    assert len(judgement.refused) >= 3


def test_a_word_that_is_neither_true_nor_false_stops_the_process(dynos: Dynos) -> None:
    dynos.start("web.1", CELERY_ALWAYS_EAGER="maybe")

    assert dynos.running["web.1"].wait(30) != 0
    assert "CELERY_ALWAYS_EAGER is 'maybe'" in dynos.log("web.1")


def test_a_worker_without_a_broker_keeps_asking_where_nobody_listens(dynos: Dynos) -> None:
    dynos.start("worker.1")

    until(lambda: dynos.log("worker.1").count("Trying again in 2.00 seconds") >= 2)
    assert "Cannot connect to amqp://no-broker:**@127.0.0.1:1//" in dynos.log("worker.1")
    assert dynos.running["worker.1"].poll() is None


def test_traffic_outlives_a_restart_of_the_web_process(dynos: Dynos) -> None:
    port = dynos.start("web.1", CELERY_ALWAYS_EAGER="True")
    url = f"http://127.0.0.1:{port}"
    until(lambda: get(f"{url}/health") is not None)
    traffic = dynos.traffic(url, "--rate", "20", "--seed", "1")
    until(lambda: judge(dynos.ledger).handed_over > 20)
    dynos.end("web.1")
    time.sleep(0.5)
    dynos.start("web.1", port=port, CELERY_ALWAYS_EAGER="True")
    until(lambda: judge(dynos.ledger).handed_over > 100)
    traffic.send_signal(signal.SIGTERM)
    words = traffic.communicate(timeout=30)[0]

    assert traffic.returncode == 0
    assert words.startswith("traffic: ")
    assert " 0 repeated, 0 given up" not in words, "the restart was noticed"
    assert judge(dynos.ledger).clean
