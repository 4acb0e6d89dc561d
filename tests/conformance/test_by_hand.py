"""The migration that the runbooks describe under "By hand", with the Heroku CLI alone, on an app under traffic."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import pytest
import requests

from conformance.conftest import BUSY
from migrate.clock import SystemClock
from migrate.sandbox.rehearsal.rehearsal import ledger_of, settled, wait_for_tasks
from migrate.sandbox.rehearsal.traffic import of_demo

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.heroku_cli import HerokuCli

LOOK_SECONDS = 10.0
LONG = 300.0


@dataclass(frozen=True)
class Operator:
    """Somebody with the CLI and the pages."""

    cli: HerokuCli

    def celery(self, *words: str) -> dict[str, Any]:
        """Ask the workers from a one-off dyno, which has the broker's URL; return their answers by node."""
        command = f"BROKER_URL=$CLOUDAMQP_URL celery {' '.join(words)} --json"
        said = self.cli.ends("run", "--exit-code", "--no-tty", "--", command)
        answers: dict[str, Any] = json.loads(said.out) if said.status == 0 else {}
        return answers

    def quiesce(self) -> None:
        """Take every worker off its queues, and wait until none runs or holds anything."""
        until(lambda: self.celery("inspect", "active_queues"))
        queues = {queue["name"] for answer in self.celery("inspect", "active_queues").values() for queue in answer}
        assert queues
        for queue in queues:
            assert self.celery("control", "cancel_consumer", queue)
        until(lambda: self.is_idle("active", "reserved"))

    def is_idle(self, *questions: str) -> bool:
        """Return whether as many workers answer as there are dynos, and all answers are empty."""
        workers = [item for item in self.cli.shows("ps") if item["type"] == "worker"]
        answers = [self.celery("inspect", question) for question in questions]
        return all(len(answer) == len(workers) and not any(answer.values()) for answer in answers)

    def wait_for_release(self) -> None:
        """Wait until the newest release is live and every dyno is up on it."""
        until(lambda: self.cli.shows("releases")[0]["status"] == "succeeded")
        version = self.cli.shows("releases")[0]["version"]
        until(lambda: {(d["release"]["version"], d["state"]) for d in self.cli.shows("ps")} == {(version, "up")})

    def queues(self) -> dict[str, int]:
        """Return what is on each queue, ready and unacknowledged, by the management API as the page asks it."""
        url = urlsplit(self.cli.says("config:get", "CLOUDAMQP_URL").strip())
        path = f"/api/queues/{quote(unquote(url.path[1:]), safe='')}?disable_stats=true&enable_queue_totals=true"
        login = (unquote(url.username or ""), unquote(url.password or ""))
        answer = requests.get(self.cli.address.rabbitmq_api + path, auth=login, timeout=30)
        answer.raise_for_status()
        return {item["name"]: item["messages_ready"] + item["messages_unacknowledged"] for item in answer.json()}

    def drain(self) -> None:
        """Look until the queues and the workers have been empty for ten seconds on end."""
        old_dynos_are_gone = time.monotonic() + BUSY.kill_after_seconds
        empty_since = time.monotonic()

        def is_empty() -> bool:
            nonlocal empty_since
            work = {
                name: count
                for name, count in self.queues().items()
                if "celeryev." not in name and "pidbox" not in name
            }
            assert "celery" in work
            if any(work.values()) or not self.is_idle("active", "reserved", "scheduled"):
                empty_since = time.monotonic()
            return time.monotonic() - max(empty_since, old_dynos_are_gone) > LOOK_SECONDS

        until(is_empty)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.2)


def move(operator: Operator) -> None:
    """Do what the pages say, one after another."""
    cli = operator.cli
    operator.quiesce()
    cli.says("config:set", "CELERY_ALWAYS_EAGER=True")
    operator.wait_for_release()
    operator.drain()
    (old,) = cli.shows("addons")
    cli.says("addons:destroy", old["name"], "--confirm", cli.address.app)
    assert cli.shows("addons") == []
    cli.says("addons:create", "cloudamqp:tiger", "--as", "CLOUDAMQP")
    cli.says("addons:wait")
    operator.wait_for_release()
    operator.quiesce()
    cli.says("config:unset", "CELERY_ALWAYS_EAGER")
    operator.wait_for_release()


@pytest.mark.timeout(900)
def test_the_documented_migration_by_hand_loses_nothing(busy_cli: HerokuCli) -> None:
    address, operator = busy_cli.address, Operator(busy_cli)
    ledger = ledger_of(address)
    with of_demo(address, 4.0) as traffic:
        before = wait_for_tasks(ledger, 30, SystemClock())
        assert before.executed >= 30
        move(operator)
        wait_for_tasks(ledger, before.executed + 100, SystemClock())
        until(lambda: operator.celery("inspect", "active_queues"))
        traffic.stop()
    judgement = settled(ledger, SystemClock())

    assert judgement.clean, judgement
    assert judgement.inline > 0 < judgement.on_worker
    (new,) = busy_cli.shows("addons")
    assert (new["plan"]["name"], [item["name"] for item in new["attachments"]]) == ("cloudamqp:tiger", ["CLOUDAMQP"])
    assert "CELERY_ALWAYS_EAGER" not in busy_cli.shows("config")
