"""An app whose old broker does not get empty, for every reason at once: each is told, and no task is lost.

It ignores the eager variable, beat publishes, a one-off dyno calls send_task, tasks are due in two hours, dead
letters lie in a queue of their own, and in the end its worker is stopped. One app, for every drain takes its time.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery
from kombu import Queue

from e2e.stage import Finished, Stage, finish, running, until
from migrate.brokers.address import BrokerAddress
from migrate.clients.rabbitmq import RabbitMQ
from migrate.sandbox.lifecycle import throwaway
from migrate.sandbox.rehearsal import ledger
from migrate.sandbox.rehearsal.rehearsal import ledger_of
from migrate.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = Path(__file__).parent / "stubborn"
HASTY = (str(Path(__file__).parent / "hasty.py"),)
SETTINGS = SandboxSettings(
    kill_after_seconds=3.0, rate_limit=1_000_000, formation={"worker": 1, "beat": 1, "sender": 0}
)
OLD_SECONDS = 6.0
"""The server says its time in whole seconds, and a migration's eager release is asked for some seconds after."""
STOPS = "stops"
CUT_SECONDS = 1.0
DRAIN_SECONDS = "24"
"""Until old dynos are gone and counters have caught up it takes 13, until a leak shows 5 more."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with throwaway(SETTINGS, APP, recorded=True) as address:
        stage = Stage(address, tmp_path)
        with stage.session:
            yield stage


@pytest.fixture
def broker(stage: Stage) -> Iterator[RabbitMQ]:
    url = stage.call("GET", "+/config-vars")["CLOUDAMQP_URL"]
    broker = RabbitMQ(BrokerAddress.from_url(url, "CLOUDAMQP_URL"), stage.address.rabbitmq_api)
    with broker.session:
        yield broker


def test_whatever_keeps_a_drain_is_told_and_loses_no_task(stage: Stage, broker: RabbitMQ) -> None:
    until(lambda: any(item.queue == "celery" for item in broker.consumers()))
    one_off = stage.call("POST", "+/dynos", {"command": "sender"})["name"]
    send(stage, "shop.remind", times=3, countdown=7200)
    until(lambda: publishes_for_long(broker))

    migration = check_ignored(begun(stage))
    send(stage, "shop.refuse", times=2)
    finished = drained_in_vain(stage, migration)

    check_said(finished, migration, one_off)
    check_result(finished.result, migration)
    check_nothing_lost(stage, broker, migration, one_off)


def publishes_for_long(broker: RabbitMQ) -> bool:
    """Whether a connection without consumers is old enough to be told from one of the eager release's processes."""
    clients = broker.statistics().clients
    return any(item.published and not item.consumers and (item.age or 0.0) > OLD_SECONDS for item in clients)


def send(stage: Stage, name: str, times: int, **options: Any) -> None:
    """Hand tasks to the app as a stranger would."""
    dead_letters = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"}
    with Celery(broker=stage.call("GET", "+/config-vars")["CLOUDAMQP_URL"]) as app:
        app.conf.task_queues = [Queue("celery", queue_arguments=dead_letters)]  # type: ignore[no-untyped-call]  # kombu
        with app.connection_for_write() as connection:
            connection.default_channel.queue_declare("dead", durable=True, auto_delete=False)
        for _ in range(times):
            app.send_task(name, **options)


def begun(stage: Stage) -> Finished:
    words = ("--to", "bunny", "--confirm", stage.app, "--accept", "WORKERS_MAY_BE_EAGER", "--json")
    return finish(stage.start(*words, wrapper=HASTY))


def check_ignored(finished: Finished) -> str:
    result = finished.result
    assert (finished.status, result["code"]) == (3, "EAGER_IGNORED"), finished.err
    assert result["choices"][0].startswith(f"migrate-plan resume {result['migration']} --accept EAGER_IGNORED")
    assert "app.conf.task_always_eager = os.environ.get" in finished.err
    assert "CELERY_TASK_ALWAYS_EAGER = os.environ.get" in finished.err
    return str(result["migration"])


def drained_in_vain(stage: Stage, migration: str) -> Finished:
    """Go on until the deadline; the worker is stopped once the leak was told."""
    words = ("--accept", "EAGER_IGNORED", "--drain-timeout", DRAIN_SECONDS, "--json")
    with running(stage.start("resume", migration, *words, wrapper=HASTY)) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "still gets tasks: " in line and '"step.noted"' in line:
                stop(stage, "PATCH", "+/formation/worker", {"quantity": 0})
        return Finished(process.wait(), "".join(lines), "")


def stop(stage: Stage, method: str, path: str, body: object = None) -> None:
    """End dynos as somebody does who knows of no migration, and note when."""
    with (stage.home / STOPS).open("a") as stops:
        stops.write(f"{time.time()}\n")
    stage.call(method, path, body)


def cut_off(stage: Stage) -> set[str]:
    """The tasks that a dyno was publishing or running when it was stopped by the test, and not by the migration."""
    stops = [float(line) for line in (stage.home / STOPS).read_text().splitlines()]
    last = {record["id"]: float(record["time"]) for record in ledger.read(ledger_of(stage.address))[0]}
    return {task_id for task_id, at in last.items() if any(-1 <= at - stop <= CUT_SECONDS for stop in stops)}


def check_said(finished: Finished, migration: str, one_off: str) -> None:
    notes = [event["text"] for event in finished.events if event["type"] == "step.noted"]
    begins = ("Empty at ", "It keeps waiting.", "dead has 2 messages and no consumer", "celery still gets tasks: ")
    held, ways, dead, leak = (next(note for note in notes if note.startswith(words)) for words in begins)
    assert "because of 3 tasks (shop.remind). That is after the deadline of this drain" in held
    for command in (f"resume {migration} --drain-timeout", f"rollback {migration}", f"abandon {migration}"):
        assert f"migrate-plan {command}" in ways
    assert "It is where celery puts its dead letters." in dead
    assert "messages came from 127.0.0.1:" in leak
    assert "before eager mode was asked for" in leak
    assert "Recently the workers took shop.count (" in leak
    assert f"Likely {one_off} runs a release from before v" in leak
    assert f"heroku ps:stop -d {one_off} --app" in leak
    assert "Or beat (beat) publishes" in leak
    assert "Or the app calls send_task" in leak
    check_progress(finished)


def check_progress(finished: Finished) -> None:
    waits = [event["detail"] for event in finished.events if event["type"] == "step.waiting" and event["detail"]]
    celery = next(queue for queue in waits[-1]["queues"] if queue["name"] == "celery")
    assert celery["published_per_second"] > 0
    assert waits[0]["held"]["tasks"] == 3
    assert any(detail["leak"] and detail["leak"]["certain"] for detail in waits)


def check_result(result: dict[str, Any], migration: str) -> None:
    assert (result["exit"], result["code"]) == (3, "NOT_DRAINED")
    assert "No worker runs: the formation of worker is 0." in result["why"]
    assert "dead: 2 ready, 0 unacknowledged, consumers 0." in result["why"]
    assert result["next"][0].startswith("heroku ps:scale worker=1")
    assert {choice.split()[1] for choice in result["choices"]} == {"resume", "rollback", "abandon"}
    assert any(f"resume {migration} --ignore-queue dead " in choice for choice in result["choices"])


def check_nothing_lost(stage: Stage, broker: RabbitMQ, migration: str, one_off: str) -> None:
    stage.call("PATCH", "+/formation/worker", {"quantity": 1})
    stop(stage, "POST", f"+/dynos/{one_off}/actions/stop")
    stage.settled()
    finished = finish(stage.start("rollback", migration, "--confirm", stage.app, "--json", wrapper=HASTY))
    assert (finished.status, finished.result["code"]) == (8, "ROLLED_BACK"), finished.err
    stop(stage, "PATCH", "+/formation/beat", {"quantity": 0})

    verdict = stage.verdict()
    assert (set(verdict.lost) - cut_off(stage), verdict.doubled) == (set(), ())
    assert verdict.executed > 50
    left = {queue.name: (queue.ready, queue.unacknowledged) for queue in broker.queues().queues if queue.messages}
    assert left == {"celery": (0, 3), "dead": (2, 0)}
