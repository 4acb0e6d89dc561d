"""Strategies bridge and in-place under traffic of short tasks, with what goes wrong on the way.

Side by side the steps are those of the bridge but for two; tests/matrix walks that way too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from e2e.stage import BRISK, Stage, finish, until
from migrate.clock import SystemClock
from migrate.sandbox.demo.traffic import SHARES
from migrate.sandbox.lifecycle import SandboxAddress, throwaway
from migrate.sandbox.rehearsal.rehearsal import ledger_of, wait_for_tasks
from migrate.sandbox.rehearsal.traffic import of_requests
from migrate.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from e2e.stage import Finished
    from migrate.sandbox.rehearsal.traffic import Traffic

SECONDS = "3"
"""That a dyno gets to shut down. No request at hand and no task takes as long."""
SETTINGS = SandboxSettings(kill_after_seconds=float(SECONDS), rate_limit=1_000_000)
REQUESTS = tuple(f"POST /enqueue?kind={kind}&seconds=0.05" for kind in SHARES)
OURS = {"CELERY_ALWAYS_EAGER", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL", "MIGRATE_PLAN"}


@pytest.fixture(scope="module")
def short_lived() -> Iterator[SandboxAddress]:
    with throwaway(SETTINGS) as address:
        yield address


@pytest.fixture
def stage(short_lived: SandboxAddress, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(short_lived, tmp_path)
    with stage.session:
        give_second_name(stage.restored())
        yield stage
        stage.settings(release_phase_fails_for="", in_place="by-kind", in_place_releases=True)


def give_second_name(stage: Stage) -> None:
    """Have the add-on under two names, and workers that have begun to work: a release would kill what they do."""
    add_on = stage.call("GET", "+/addons")[0]
    stage.call("POST", "/addon-attachments", {"addon": add_on["name"], "app": stage.app, "name": "RABBIT"})
    stage.settled()


def listed_mailboxes(stage: Stage) -> list[str]:
    """The mailboxes of workers that RabbitMQ lists, seconds late: without one a broker is taken for another one."""
    url = urlsplit(stage.call("GET", "+/config-vars")["CLOUDAMQP_URL"])
    place, who = f"{stage.address.rabbitmq_api}/api/consumers{url.path}", (url.username or "", url.password or "")
    names = [item["queue"]["name"] for item in stage.session.get(place, auth=who, timeout=10).json()]
    return [name for name in names if name.endswith(".pidbox")]


@pytest.fixture
def traffic(stage: Stage) -> Iterator[Traffic]:
    with of_requests(stage.address, REQUESTS, rate=5) as traffic:
        wait_for_tasks(ledger_of(stage.address), 20, SystemClock())
        until(lambda: listed_mailboxes(stage))
        yield traffic


def start(stage: Stage, *words: str, **variables: str) -> subprocess.Popen[str]:
    return stage.start(
        *words, "--confirm", stage.app, "--json", wrapper=BRISK, SHUTDOWN=SECONDS, SETTLE="2", **variables
    )


def move(stage: Stage, strategy: str, *words: str, plan: str = "bunny", **variables: str) -> Finished:
    return finish(start(stage, "--to", plan, "--strategy", strategy, *words, **variables))


def check_counted(stage: Stage, traffic: Traffic) -> None:
    """No task was lost or doubled, and no request was refused."""
    said = traffic.stop()
    judgement = stage.verdict()
    assert judgement.clean, judgement
    assert judgement.executed > 100
    assert judgement.refused == (), said


def check_on(stage: Stage, plan: str, **further: str) -> None:
    """Both of the app's names lead to an add-on on that plan, further ones to others; there are no more of either."""
    plan_of = {item["name"]: item["plan"]["name"].partition(":")[2] for item in stage.call("GET", "+/addons")}
    names = {item["name"]: item["addon"]["name"] for item in stage.call("GET", "+/addon-attachments")}
    led = {name: plan_of[add_on] for name, add_on in names.items()}
    assert led == {"CLOUDAMQP": plan, "RABBIT": plan, **further}
    assert plan_of.keys() == set(names.values())
    config = stage.call("GET", "+/config-vars")
    assert not OURS & config.keys()
    assert config["CLOUDAMQP_URL"] == config["RABBIT_URL"]


def test_over_a_bridge_an_attach_that_fails_is_told_and_gone_on_from(stage: Stage, traffic: Traffic) -> None:
    stage.settings(release_phase_fails_for="Attach CLOUDAMQP *")
    failed = move(stage, "bridge")
    assert (failed.status, failed.result["code"]) == (3, "NAME_NOT_MOVED"), failed.err
    check_nameless(stage, failed.result)
    stage.settings(release_phase_fails_for="")
    done = finish(start(stage, "resume", str(failed.result["migration"])))
    check_counted(stage, traffic)

    assert (done.status, done.result["code"]) == (0, "DONE"), done.err
    check_on(stage, "bunny")


def check_nameless(stage: Stage, result: dict[str, Any]) -> None:
    """The live release has no CLOUDAMQP_URL, which is said, and so is what to type; tasks run all the same."""
    config = stage.call("GET", "+/config-vars")
    assert "CLOUDAMQP_URL" not in config
    assert {"CLOUDAMQP_NEW_URL", "CLOUDAMQP_OLD_URL"} <= config.keys()
    assert "has nothing under it" in result["what"]
    assert "Attach CLOUDAMQP (@ref:" in result["why"]
    assert "The live release of" in result["state"]
    assert f"migrate-plan resume {result['migration']}" in result["next"][-1]
    assert f"migrate-plan rollback {result['migration']}" in result["back"]


def test_in_place_nothing_is_drained_and_a_refusal_offers_the_other_ways(stage: Stage, traffic: Traffic) -> None:
    stage.settings(in_place="never", in_place_releases=False)
    before = stage.snapshot()
    refused = move(stage, "in-place", plan="tiger")
    assert (refused.result["code"], stage.snapshot()) == ("PLAN_CHANGE_REFUSED", before), refused.err
    assert "Please create a new instance." in refused.result["why"]
    assert "--strategy side-by-side" in refused.result["next"][0]
    stage.settings(in_place="by-kind")
    done = move(stage, "in-place", plan="tiger")
    check_counted(stage, traffic)

    assert (done.status, done.result["code"]) == (0, "DONE"), done.err
    config, add_ons, names, versions = stage.snapshot()
    assert (config, names, versions) == (before[0], before[2], before[3])
    assert [plan for _, plan in add_ons] == ["cloudamqp:tiger"]
