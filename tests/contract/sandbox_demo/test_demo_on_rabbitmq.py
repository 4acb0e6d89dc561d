"""Real workers on a real broker, of the demo and of an app that keeps no ledger: what the ledger says."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from celery import Celery
from demo_world import APP_DIR, COMMANDS, Dynos, post, private_broker, until
from kombu import Connection

from migrate.clock import SystemClock
from migrate.sandbox.demo.traffic import SHARES
from migrate.sandbox.rehearsal.judgement import KindCount, judge, wait_until_settled
from migrate.sandbox.rehearsal.ledger import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migrate.sandbox.rehearsal.judgement import Judgement

pytestmark = pytest.mark.contract

RECORDED_APP = "celery -A recorded_app worker --concurrency 2 --without-mingle --without-gossip --loglevel INFO"
CHAIN_OF_FOUR = "kind=chain&seed=0&seconds=0.01"


@pytest.fixture(scope="module")
def new_instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    with private_broker(tmp_path_factory.mktemp("broker")) as new_instance:
        yield new_instance


@pytest.fixture
def dynos(tmp_path: Path, new_instance: Callable[[], str]) -> Iterator[Dynos]:
    with Dynos(tmp_path, CLOUDAMQP_URL=new_instance()) as dynos:
        yield dynos


@pytest.fixture
def recorded_dynos(tmp_path: Path, new_instance: Callable[[], str]) -> Iterator[Dynos]:
    """Those of an app that keeps no ledger of its own."""
    config = {"PYTHONPATH": str(Path(__file__).parent), "RESULTS": f"file://{tmp_path}"}
    with Dynos(tmp_path, CLOUDAMQP_URL=new_instance(), **config) as dynos:
        yield dynos


def check_recorded(dynos: Dynos, own: Judgement) -> None:
    """The recorder has seen each task that the app has in its own ledger, and what Celery adds to a chord."""
    recorded = judge(dynos.recorded)
    celerys = sum(count.handed_over for name, count in recorded.names.items() if name.startswith("celery."))
    assert recorded.clean
    assert recorded.handed_over - celerys == own.handed_over
    assert recorded.inline == own.inline


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
    check_recorded(dynos, judgement)
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

    assert judgement.lost == judge(dynos.recorded).lost == at_work
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
    check_recorded(dynos, judgement)
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
    assert judgement.lost == judge(dynos.recorded).lost == tuple(answer.content["ids"][2:])


def run(dynos: Dynos, function: str, **config: str) -> int:
    """Call a function of the recorded app in a one-off dyno, and return its exit code."""
    dynos.start("run.1", f"python -c 'import recorded_app; recorded_app.{function}()'", None, **config)
    return dynos.running["run.1"].wait(60)


def test_every_way_to_end_is_an_end_and_nothing_is_missed_or_counted_twice(recorded_dynos: Dynos) -> None:
    recorded_dynos.start_worker(RECORDED_APP)
    assert run(recorded_dynos, "hand_over") == 0, recorded_dynos.log("run.1")

    judgement = wait_until_settled(recorded_dynos.recorded, quiet=2, deadline=40, clock=SystemClock())

    assert judgement.clean, judgement
    assert judgement.names == {
        "recorded_app.add": KindCount(7, 7, 0, 0),
        "recorded_app.fails": KindCount(1, 1, 0, 0),
        "recorded_app.is_ignored": KindCount(1, 1, 0, 0),
        "recorded_app.is_rejected": KindCount(1, 1, 0, 0),
        "recorded_app.is_replaced": KindCount(1, 1, 0, 0),
        "recorded_app.is_requeued": KindCount(1, 1, 0, 0),
        "recorded_app.stumbles": KindCount(1, 1, 0, 0),
        "recorded_app.takes_too_long": KindCount(1, 1, 0, 0),
    }
    assert len(judgement.revoked) == 2
    assert "revoked" in judgement.revoked
    raised = {judgement.name_of[task_id].partition(".")[2] for task_id in judgement.raised}
    assert raised == {"fails", "is_ignored", "is_rejected", "takes_too_long"}
    assert judgement.inline == 0


def test_what_nobody_takes_from_the_queue_is_lost_with_all_that_waits_for_it(recorded_dynos: Dynos) -> None:
    assert run(recorded_dynos, "hand_over") == 0, recorded_dynos.log("run.1")

    judgement = judge(recorded_dynos.recorded)

    assert judgement.executed == 0
    assert len(judgement.lost) == judgement.handed_over == 1 + 4 + 3 + 2 + 2 + 1 + 1 + 1 + 1


def test_a_publish_that_raises_is_refused_and_owed_to_nobody(recorded_dynos: Dynos) -> None:
    assert run(recorded_dynos, "fails.delay", CLOUDAMQP_URL="amqp://nobody@127.0.0.1:1//") == 1

    judgement = judge(recorded_dynos.recorded)

    assert judgement.clean
    assert (judgement.handed_over, len(judgement.refused)) == (0, 1)


def test_an_eager_caller_hands_over_what_it_starts(recorded_dynos: Dynos) -> None:
    assert run(recorded_dynos, "run_inline", EAGER="1") == 0, recorded_dynos.log("run.1")
    assert run(recorded_dynos, "fails.delay", EAGER="1", PROPAGATES="1") == 1

    judgement = judge(recorded_dynos.recorded)

    assert judgement.clean, judgement
    assert judgement.inline == judgement.handed_over == 6 + 1
    assert len(judgement.raised) == 3


def test_a_worker_reads_one_broker_and_publishes_to_the_other_when_the_config_vars_say_so(
    dynos: Dynos, new_instance: Callable[[], str]
) -> None:
    old, new = dynos.config["CLOUDAMQP_URL"], new_instance()
    split = {"CELERY_BROKER_READ_URL": old, "CELERY_BROKER_WRITE_URL": new}
    # Celery reads the two itself; the app's own variable is not even there, as while it changes its owner.
    url = dynos.start_web(CLOUDAMQP_URL="", **split)
    dynos.start_worker("", CLOUDAMQP_URL="", **split)
    with Celery(broker=old) as somebody:
        somebody.send_task("demo.spawn", ("left.1", 0.01, {"left.1.1": 0.01}))
    until(lambda: "left.1" in finished(dynos))
    ids = post(f"{url}/enqueue?kind=chain&seconds=0.01").content["ids"]
    until(lambda: waiting(new) == 2)

    assert not {"left.1.1", *ids} & finished(dynos)
    assert waiting(old) == 0
    dynos.end("worker.1")
    dynos.start_worker("", CLOUDAMQP_URL=new)
    until(lambda: {"left.1", "left.1.1", *ids} == finished(dynos))


def finished(dynos: Dynos) -> set[str]:
    records, _ = read(dynos.ledger)
    return {record["id"] for record in records if record["what"] == "finished"}


def waiting(url: str) -> int:
    """How many tasks nobody has taken yet."""
    with Connection(url) as connection:  # type: ignore[no-untyped-call]  # kombu has no types
        return int(connection.default_channel.queue_declare("celery", passive=True).message_count)
