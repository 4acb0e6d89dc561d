"""One evening of an operator: picks, confirms, looks from another terminal, presses Ctrl-C, resumes."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from e2e.stage import BRISK, finish, running, until
from e2e.terminal import terminal

if TYPE_CHECKING:
    import subprocess

    from e2e.stage import Finished, Stage


def test_an_operator_confirms_interrupts_looks_and_resumes(ready_stage: Stage) -> None:
    stage = ready_stage
    environment = stage.environment(HEROKU_APP=None)
    # With the full 30 s for old dynos, so that there is time to look before the drain is over.
    with terminal(("-m", "migrate", "--to", "bunny"), environment, stage.home) as screen:
        screen.wait_for("Which app?")
        screen.type("\r")
        screen.wait_for("Type the app's name to start")
        assert "CANNOT BE UNDONE" in screen.screen
        assert stage.run("status", "--json").result["code"] == "NOTHING_TO_DO"
        screen.type(f"{stage.app}\r")
        screen.wait_for("old dynos may still publish")
        check_while_it_runs(stage)
        screen.type("\x03")
        assert screen.end() == 130
        said = screen.screen

    assert "[INTERRUPTED, exit 130]" in said
    assert "CELERY_ALWAYS_EAGER=True is set" in said
    migration = stopped_migration(stage)
    assert f"migrate-plan resume {migration}" in said
    refused = stage.run_unchanged("--to", "bunny", "--confirm", stage.app, "--json")
    assert (refused.status, refused.result["code"]) == (6, "MIGRATION_UNFINISHED")
    assert refused.result["next"] == [f"migrate-plan resume {migration}"]
    keyless = stage.run_unchanged("resume", migration, "--json", HEROKU_API_KEY=None)
    assert (keyless.status, keyless.result["code"]) == (3, "TOKEN_MISSING")
    assert "CELERY_ALWAYS_EAGER=True is set" in keyless.result["state"]
    assert keyless.result["next"][-1] == f"migrate-plan resume {migration}"
    check_resumed(stage, finish(stage.start("--resume", "--json", wrapper=BRISK)))


def check_while_it_runs(stage: Stage) -> None:
    status = stage.run("status", "--json")
    shown = next(event for event in status.events if event["type"] == "status")
    assert (shown["phase"], shown["steps"]["eager-on"], shown["steps"]["remove"]) == ("running", True, False)
    assert " pid " in shown["holder"]
    assert "CELERY_ALWAYS_EAGER=True is set" in status.result["state"]
    second = stage.run_unchanged("--to", "bunny", "--confirm", stage.app, "--json")
    assert second.status == 6, second.err


def stopped_migration(stage: Stage) -> str:
    status = stage.run("status", "--json")
    shown = next(event for event in status.events if event["type"] == "status")
    assert (shown["phase"], shown["holder"]) == ("stopped", "")
    assert status.result["next"] == [f"migrate-plan resume {shown['migration']}"]
    return str(shown["migration"])


def check_resumed(stage: Stage, finished: Finished) -> None:
    assert (finished.status, finished.result["code"]) == (0, "DONE"), finished.err
    done: list[dict[str, Any]] = [event for event in finished.events if event["type"] == "step.skipped"]
    assert [event["step"] for event in done] == ["preflight", "quiesce", "eager-on"]
    assert [item["plan"]["name"] for item in stage.call("GET", "+/addons")] == ["cloudamqp:bunny"]
    again = stage.run_unchanged("--to", "bunny", "--confirm", stage.app, "--json")
    assert again.result["code"] == "NOTHING_TO_DO"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_anything_was_changed_leaves_the_app_as_it_was(stage: Stage, number: signal.Signals) -> None:
    stage.call(
        "POST", "/sandbox/faults", {"method": "GET", "path": ".*/formation", "kind": "delay", "delay_seconds": 5}
    )
    before = stage.snapshot()
    with running(stage.start("--to", "bunny", "--confirm", stage.app, "--json")) as process:
        asked = len(stage.requests())
        until(lambda: len(stage.requests()) > asked + 3)
        process.send_signal(number)
        finished = finish(process)

    assert finished.status == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert finished.result["state"] == "Nothing was changed."
    assert stage.snapshot() == before


def test_ctrl_c_in_the_middle_of_a_call_waits_until_its_answer_is_on_record(ready_stage: Stage) -> None:
    stage = ready_stage
    fault = {"method": "PATCH", "path": ".*/config-vars", "kind": "delay", "delay_seconds": 3}
    stage.call("POST", "/sandbox/faults", fault)
    with running(stage.start("--to", "bunny", "--confirm", stage.app, "--json")) as process:
        until(lambda: requested(process, "eager-on"))
        process.send_signal(signal.SIGINT)
        finished = finish(process)

    assert finished.status == 130, finished.err
    assert "Stopping once the present call is on record; Ctrl-C again stops now." in finished.err
    call, confirmed = finished.events[:2]
    assert (call["type"], call["method"], call["status"]) == ("api.call", "PATCH", 200)
    assert (confirmed["type"], confirmed["effect"]) == ("effect.confirmed", "eager-on")
    assert "CELERY_ALWAYS_EAGER=True is set" in finished.result["state"]


def test_a_second_ctrl_c_ends_it_now_and_what_is_in_doubt_is_said(ready_stage: Stage) -> None:
    stage = ready_stage
    fault = {"method": "PATCH", "path": ".*/config-vars", "kind": "delay", "delay_seconds": 20}
    stage.call("POST", "/sandbox/faults", fault)
    with running(stage.start("--to", "bunny", "--confirm", stage.app, "--json")) as process:
        until(lambda: requested(process, "eager-on"))
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)  # the two are told apart by the first having been handled
        process.send_signal(signal.SIGINT)
        finished = finish(process, 15)

    assert finished.status == 130, finished.err
    assert "whether CELERY_ALWAYS_EAGER=True is set" in finished.result["state"]
    stage.call("DELETE", "+/formations/worker")  # back on their queues, from which they were left off


def requested(process: subprocess.Popen[str], effect: str) -> bool:
    """Whether the program has written that it is about to make a call."""
    assert process.stdout is not None
    event = json.loads(process.stdout.readline())
    return (event["type"], event.get("effect")) == ("effect.requested", effect)


@pytest.mark.parametrize(("words", "last_read"), [((), "started."), (("--json",), "migration.started")])
def test_when_nobody_reads_its_output_any_more_it_ends_as_when_the_terminal_closes(
    ready_stage: Stage, words: tuple[str, ...], last_read: str
) -> None:
    stage = ready_stage
    with running(stage.start("--to", "bunny", "--confirm", stage.app, *words)) as process:
        assert process.stdout is not None
        read = [process.stdout.readline()]
        while last_read not in read[-1]:
            assert read[-1]
            read.append(process.stdout.readline())
        assert not words or all(json.loads(line)["v"] == 1 for line in read)
        process.stdout.close()
        assert process.wait(60) == 129
        assert process.stderr is not None
        said = process.stderr.read()

    assert "Traceback" not in said
    assert "Exception ignored" not in said
    shown = next(event for event in stage.run("status", "--json").events if event["type"] == "status")
    assert (shown["phase"], shown["holder"]) == ("ended", "")
    stage.at_work()


def test_a_terminal_that_closes_ends_it_with_the_workers_back_on_their_queues(ready_stage: Stage) -> None:
    stage = ready_stage
    words = ("-m", "migrate", "--to", "bunny", "--confirm", stage.app)
    with terminal(words, stage.environment(), stage.home) as screen:
        screen.wait_for("bunny, started.")
        screen.hang_up()
        assert screen.process.wait(60) == 129

    shown = next(event for event in stage.run("status", "--json").events if event["type"] == "status")
    assert shown["phase"] in {"ended", "stopped"}
    assert shown["holder"] == ""
