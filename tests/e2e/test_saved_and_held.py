"""A change with a ticket: saved, applied only while the app is as it was, held for a second pair of eyes."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

from e2e.stage import BRISK, finish, running

if TYPE_CHECKING:
    import subprocess

    from e2e.stage import Stage

QUICK = {"SHUTDOWN": "3", "SETTLE": "2"}


def save(stage: Stage) -> None:
    """Save a preview, and see that nothing else was written and no secret is in it."""
    words = ("--to", "bunny", "--hold-before", "remove", "--dry-run", "--output", "change.json")
    finished = stage.run_unchanged(*words, "--json")

    path = stage.home / "change.json"
    assert (finished.status, finished.result["code"]) == (0, "SAVED"), finished.err
    assert finished.result["next"] == [f"migrate-plan apply change.json --confirm {stage.app}"]
    assert list(stage.home.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    stage.check_no_secret_in(path.read_text() + finished.out + finished.err)


def test_a_preview_of_an_app_that_has_changed_since_is_not_applied(ready_stage: Stage) -> None:
    stage = ready_stage
    save(stage)
    stage.call("PATCH", "+/config-vars", {"SINCE_THEN": "1"})
    stage.settled()
    try:
        finished = stage.run_unchanged("apply", "change.json", "--confirm", stage.app, "--json")
    finally:
        stage.call("PATCH", "+/config-vars", {"SINCE_THEN": None})
        stage.settled()

    assert (finished.status, finished.result["code"]) == (5, "PREVIEW_STALE"), finished.err
    (told,) = [event for event in finished.events if event["type"] == "preview.outdated"]
    facts = {change["fact"]: change["now"] for change in told["changes"]}
    assert facts.keys() == {"newest release", "config vars"}
    assert facts["config vars"] == "SINCE_THEN"
    assert "config vars: nothing -> SINCE_THEN" in finished.result["why"]
    assert finished.result["state"] == "Nothing was changed."


def test_a_change_ticket_is_all_that_stands_on_stdout(ready_stage: Stage) -> None:
    finished = ready_stage.run_unchanged("--to", "bunny", "--dry-run", "--format", "markdown")

    assert finished.status == 0, finished.err
    assert finished.out.startswith(f"# Move {ready_stage.app} from cloudamqp:lemur to cloudamqp:bunny\n")
    assert finished.out.rstrip().endswith("```")
    assert "| drain | " in finished.out
    assert "This was a dry run." in finished.err
    assert "Steps" not in finished.err
    ready_stage.check_no_secret_in(finished.out + finished.err)
    refused = ready_stage.run_unchanged("--to", "bunny", "--format", "markdown")
    assert refused.status == 2, refused.out


def test_a_preview_is_applied_once_and_waits_at_its_gate_until_another_process_opens_it(ready_stage: Stage) -> None:
    stage = ready_stage
    save(stage)
    words = ("apply", "change.json", "--confirm", stage.app, "--json")
    with running(stage.start(*words, wrapper=BRISK, **QUICK)) as process:
        held = next_event(process, "gate.closed")
        check_held(stage, held)
        opened = stage.run("continue", held["migration"], "--json")
        assert (opened.status, opened.result["code"]) == (0, "GATE_OPENED"), opened.err
        finished = finish(process)

    assert (finished.status, finished.result["code"]) == (0, "DONE"), finished.err
    assert finished.events[0]["type"] in {"step.waiting", "gate.opened"}
    assert [item["plan"]["name"] for item in stage.call("GET", "+/addons")] == ["cloudamqp:bunny"]
    second = stage.run_unchanged(*words)
    assert (second.status, second.result["code"]) == (4, "PREVIEW_APPLIED"), second.err


def next_event(process: subprocess.Popen[str], kind: str) -> dict[str, Any]:
    assert process.stdout is not None
    for line in process.stdout:
        event: dict[str, Any] = json.loads(line)
        if event["type"] in {kind, "result"}:
            assert event["type"] == kind, event
            return event
    raise AssertionError("it said nothing more")


def check_held(stage: Stage, held: dict[str, Any]) -> None:
    """The old add-on is there, and whoever looks is told what opens the gate."""
    assert held["step"] == "remove"
    assert held["eager_since"]
    assert [item["plan"]["name"] for item in stage.call("GET", "+/addons")] == ["cloudamqp:lemur"]
    status = stage.run("status", "--json").result
    assert "It is held before remove since" in status["why"]
    assert status["next"] == [f"migrate-plan continue {held['migration']}"]
