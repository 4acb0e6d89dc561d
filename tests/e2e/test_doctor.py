"""The report on the demo's own app, which is set up as CloudAMQP recommends, by its workers and by a one-off dyno."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from e2e.stage import until
from e2e.terminal import terminal

if TYPE_CHECKING:
    from e2e.stage import Finished, Stage


def verdicts(finished: Finished) -> dict[str, str]:
    """By code, of rows that are not as recommended."""
    return {row["code"]: row["verdict"] for row in report(finished)["rows"] if row["verdict"] != "ok"}


def report(finished: Finished) -> dict[str, Any]:
    (event,) = [event for event in finished.events if event["type"] == "doctor"]
    return event


def test_the_demo_is_told_nothing_but_that_its_web_server_is_not_known(ready_stage: Stage) -> None:
    finished = ready_stage.run_unchanged("doctor", "--json")

    assert (finished.status, verdicts(finished)) == (4, {"WEB_PROCESSES": "unknown"}), finished.err
    assert ready_stage.run_unchanged("doctor", "--json", "--accept", "WEB_PROCESSES").status == 0
    ready_stage.check_no_secret_in(finished.out + finished.err)


def test_without_workers_settings_are_not_known_until_a_one_off_dyno_tells_them(ready_stage: Stage) -> None:
    stage = ready_stage
    stage.call("PATCH", "+/formation", {"updates": [{"type": "worker", "quantity": 0}]})
    until(lambda: not [dyno for dyno in stage.call("GET", "+/dynos") if dyno["type"] == "worker"])
    silent = stage.run_unchanged("doctor", "--json")
    before, dynos = stage.snapshot(), len(stage.call("GET", "+/dynos"))
    with terminal(("-m", "migrate", "doctor"), stage.environment(), stage.home) as screen:
        screen.wait_for("Start a one-off dyno")
        screen.type("n")
        assert screen.end() == 4
    assert len(stage.call("GET", "+/dynos")) == dynos
    told = stage.run("doctor", "--json", "--one-off")

    assert verdicts(silent)["BROKER_POOL_LIMIT"] == verdicts(silent)["EAGER_SUPPORT"] == "unknown"
    assert {"BROKER_POOL_LIMIT", "EAGER_SUPPORT", "VERSIONS"}.isdisjoint(verdicts(told)), told.err
    assert report(told)["source"] == "one-off"
    assert stage.snapshot() == before
    until(lambda: not [dyno for dyno in stage.call("GET", "+/dynos") if dyno["type"] == "run"])
    stage.check_no_secret_in(told.out + told.err)
