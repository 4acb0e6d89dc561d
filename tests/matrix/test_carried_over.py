"""Tasks that are due in two hours, and letters that nobody reads, are moved along with real parts. make matrix."""

from __future__ import annotations

import signal
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from celery import Celery
from e2e.conftest import address, ready_stage, stage
from e2e.stage import BRISK, finish, until
from fakes.carrying import identities, publish_tasks

from migrate.brokers.address import BrokerAddress
from migrate.clients.celery_control import CeleryControl

if TYPE_CHECKING:
    from e2e.stage import Stage

__all__ = ["address", "ready_stage", "stage"]

HELD, LETTERS = 20, 30


def broker_url(stage: Stage) -> str:
    return str(stage.call("GET", "+/config-vars")["CLOUDAMQP_URL"])


def held(address: BrokerAddress) -> set[str]:
    with closing(CeleryControl(address)) as control:
        return {task.id for node in control.report().nodes for task in node.held}


def publish_for_later(url: str) -> set[str]:
    due = datetime.now(UTC) + timedelta(hours=2)
    with Celery(broker=url, set_as_current=False) as app:
        return {str(app.send_task("demo.work", (f"later-{n}", 0.1), eta=due).id) for n in range(HELD)}


def test_what_does_not_drain_is_on_the_new_plan_afterwards_and_nothing_is_lost_or_doubled(ready_stage: Stage) -> None:
    stage = ready_stage
    later = publish_for_later(broker_url(stage))
    old = BrokerAddress.from_url(broker_url(stage), "URL")
    letters = publish_tasks(old, "letters", LETTERS, **{"x-max-priority": 5})
    until(lambda: held(old) == later)
    formation = [(item["type"], item["quantity"]) for item in stage.call("GET", "+/formation")]
    words = ["--to", "bunny", "--confirm", stage.app, "--leftovers", "carry", "--json"]
    with stage.traffic(rate=3.0) as traffic:
        for point in ("carry-out: in wait", "carry-out: before done", "carry-in: in wait", "carry-in: before done"):
            killed = finish(stage.start(*words, wrapper=BRISK, KILL_AT=point), 300)
            assert killed.status == -signal.SIGKILL, killed.err
            words = ["resume", str(killed.events[-1]["migration"]), "--json"]
        last = finish(stage.start(*words, wrapper=BRISK), 300)
        traffic.stop()
    judgement = stage.verdict()

    assert (last.status, last.result["code"]) == (0, "DONE"), last.err
    assert [item["plan"]["name"] for item in stage.call("GET", "+/addons")] == ["cloudamqp:bunny"]
    assert formation == [(item["type"], item["quantity"]) for item in stage.call("GET", "+/formation")]
    new = BrokerAddress.from_url(broker_url(stage), "URL")
    until(lambda: held(new) == later)
    assert list(identities(new, "letters")) == letters
    assert judgement.clean, judgement
    assert list(stage.home.rglob("mig-*.sqlite3")) == []
