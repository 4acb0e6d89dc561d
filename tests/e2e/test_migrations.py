"""Whole migrations under traffic: the demo as users see it, one killed after every step, and a naive one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest
from fakes.migrations import STEPS
from fakes.topology import MADE

from e2e.stage import BRISK, finish
from migrate.clients.broker import Brokers
from migrate.fault_points import AFTER_DONE
from migrate.sandbox.registry import lives_in
from migrate.topology.beyond_celery import beyond_celery

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.stage import Stage
    from migrate.clients.rabbitmq_topology import RabbitMQTopology

VERDICT = re.compile(
    r"ledger: (?P<handed>\d+) handed over, (?P<executed>\d+) executed, (?P<lost>\d+) lost, "
    r"(?P<doubled>\d+) doubled; eager window (?P<window>\d+\.\d) s"
)


def test_the_demo_moves_a_busy_app_and_loses_nothing(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    demo = subprocess.run(
        [sys.executable, "-m", "migrate", "--to", "bunny", "--sandbox"],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "TMPDIR": str(temporary)},
        stdin=subprocess.DEVNULL,
        check=False,
    )

    assert demo.returncode == 0, demo.stdout + demo.stderr
    verdict = VERDICT.fullmatch(demo.stdout.splitlines()[-1])
    assert verdict, demo.stdout
    assert int(verdict["handed"]) == int(verdict["executed"]) > 200
    assert (verdict["lost"], verdict["doubled"]) == ("0", "0")
    assert 30 < float(verdict["window"]) < 120
    assert [path for path in tmp_path.rglob("*") if path != temporary] == []
    assert not [process for process in psutil.process_iter() if lives_in(process, tmp_path)]


def test_a_migration_killed_after_every_step_and_resumed_ends_like_an_undisturbed_one(stage: Stage) -> None:
    old = stage.call("GET", "+/config-vars")
    add_on = stage.call("GET", "+/addons")[0]
    stage.call("POST", "/addon-attachments", {"addon": add_on["name"], "app": stage.app, "name": "RABBIT"})
    stage.settled()
    for thing in MADE.things:
        topology(stage).make(thing)
    words, said, secrets = ["--to", "bunny", "--confirm", stage.app, "--json"], "", stage.secrets()
    with stage.traffic() as traffic:
        for step in STEPS[:-1]:
            killed = finish(stage.start(*words, wrapper=BRISK, KILL_AT=f"{step.name}: {AFTER_DONE}"))
            assert killed.status == -signal.SIGKILL, killed.err
            said += killed.out + killed.err
            words = ["resume", str(killed.events[-1]["migration"]), "--json"]
        last = finish(stage.start(*words, wrapper=BRISK))
        traffic.stop()
    judgement = stage.verdict()

    assert (last.status, last.result["code"]) == (0, "DONE"), last.err
    assert judgement.clean, judgement
    assert judgement.on_worker > 0 < judgement.inline
    check_moved(stage, old)
    assert beyond_celery(topology(stage).read(), ("celery",)).things == MADE.things
    said += last.out + last.err + "".join(path.read_text("latin-1") for path in written_by(stage))
    assert not [secret for secret in secrets | stage.secrets() if secret in said]
    assert stage.run("resume", str(last.result["migration"]), "--json").result["code"] == "NOTHING_TO_DO"


def topology(stage: Stage) -> RabbitMQTopology:
    """What the app's present broker is made of."""
    return Brokers(stage.address.rabbitmq_api).open(stage.call("GET", "+/config-vars"), "CLOUDAMQP_URL").topology


def written_by(stage: Stage) -> list[Path]:
    """Every file that the program has left: its store, private to the operator."""
    files = [path for path in stage.home.rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    return files


def check_moved(stage: Stage, old: dict[str, str]) -> None:
    """One add-on, on the new plan, under both of its names, and none of our variables left."""
    new = stage.call("GET", "+/config-vars")
    assert [item["plan"]["name"] for item in stage.call("GET", "+/addons")] == ["cloudamqp:bunny"]
    assert sorted(item["name"] for item in stage.call("GET", "+/addon-attachments")) == ["CLOUDAMQP", "RABBIT"]
    assert new["RABBIT_URL"] == new["CLOUDAMQP_URL"] != old["CLOUDAMQP_URL"]
    assert not {"CELERY_ALWAYS_EAGER", "MIGRATE_PLAN"} & new.keys()
    assert old.keys() <= new.keys()


def test_removing_at_once_loses_tasks_and_the_ledger_says_so(stage: Stage) -> None:
    (add_on,) = stage.call("GET", "+/addons")
    with stage.traffic(rate=12.0) as traffic:
        stage.call("DELETE", f"+/addons/{add_on['id']}")
        stage.call("POST", "+/addons", {"plan": "cloudamqp:bunny"})
        stage.settled()
        traffic.stop()

    # No task of the demo takes longer, its retries and delays included; what is lost stays outstanding.
    assert len(stage.verdict(deadline=20).lost) > 0


@pytest.fixture(autouse=True)
def _no_process_is_left() -> object:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    yield
    left = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
    # The sandbox's own dynos come and go; only our direct children must be gone.
    assert [p for p in left if "migrate.sandbox.demo.traffic" in p.cmdline() or "brisk.py" in str(p.cmdline())] == []
