"""An app whose workers would turn eager, with chains, chords and retries in its queue: drained by other dynos."""

from __future__ import annotations

import contextlib
import json
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import requests

from e2e.stage import BRISK, finish, running, until
from migrate.fault_points import AFTER_DONE, AFTER_EFFECT
from migrate.sandbox.rehearsal.judgement import judge
from migrate.sandbox.rehearsal.rehearsal import ledger_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from e2e.stage import Stage

KINDS = ("chain", "chord", "retry", "single") * 6


def start(stage: Stage, point: str, *words: str) -> subprocess.Popen[str]:
    return stage.start(*words, "--json", wrapper=BRISK, KILL_AT=point, SHUTDOWN="1")


def wait_for_death(process: subprocess.Popen[str]) -> None:
    killed = finish(process)
    assert killed.status == -signal.SIGKILL, killed.out + killed.err


@contextlib.contextmanager
def paused_after(process: subprocess.Popen[str], step: str) -> Iterator[str]:
    """Within the block the process stands still, as soon as it has said that it is done with a step."""
    assert process.stdout is not None
    event = {"type": ""}
    while (event["type"], event.get("step")) != ("step.done", step):
        event = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGSTOP)
    yield event["migration"]
    process.send_signal(signal.SIGCONT)


def hand_over(stage: Stage, *kinds: str) -> None:
    """Have the app publish canvases."""
    url = f"{stage.address.router_url}/enqueue"

    def post(kind: str) -> int:
        return requests.post(url, params={"kind": kind, "seconds": "0.05"}, timeout=30).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(post, kinds)) == {202}


def test_killed_between_the_start_of_a_drain_dyno_and_its_record_one_drains_and_no_task_is_lost(stage: Stage) -> None:
    stage.call("PATCH", "+/config-vars", {"EAGER_EVERYWHERE": "1"})
    stage.settled()
    hand_over(stage, "single")
    until(lambda: judge(ledger_of(stage.address)).clean)
    first = start(stage, f"drain-dyno-worker.1: {AFTER_EFFECT}", "--to", "bunny", "--confirm", stage.app)
    with running(first):
        with paused_after(first, "workers-down") as migration:
            hand_over(stage, *KINDS)
        wait_for_death(first)
    wait_for_death(start(stage, f"drain: {AFTER_DONE}", "resume", migration))

    drains = [dyno for dyno in stage.call("GET", "+/dynos") if "MIGRATE_PLAN_DRAIN" in dyno["command"]]
    assert len(drains) == 1
    assert drains[0]["command"].startswith(f"env -u CELERY_ALWAYS_EAGER MIGRATE_PLAN_DRAIN={migration}:worker.1:1 ")
    assert drains[0]["size"] == "Standard-1X"
    assert [item["quantity"] for item in stage.call("GET", "+/formation") if item["type"] == "worker"] == [0]
    judgement = judge(ledger_of(stage.address))
    assert judgement.clean, judgement
    assert judgement.on_worker == judgement.executed > len(KINDS)
