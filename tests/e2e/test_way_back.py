"""A laptop is lost in the middle of the drain: another one sees where the app stands, asks, and takes it back."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING

from e2e.stage import BRISK, finish
from migrate.fault_points import IN_WAIT

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.stage import Finished, Stage


def test_another_laptop_takes_the_app_back_and_no_task_is_lost(ready_stage: Stage, tmp_path: Path) -> None:
    stage = ready_stage
    before = stage.call("GET", "+/config-vars")
    (tmp_path / "another").mkdir()
    another = replace(stage, home=tmp_path / "another")
    with stage.traffic() as traffic:
        words = ("--to", "bunny", "--confirm", stage.app, "--json")
        killed = finish(stage.start(*words, wrapper=BRISK, KILL_AT=f"drain: {IN_WAIT}"))
        assert killed.status == -signal.SIGKILL, killed.err
        migration = str(killed.events[-1]["migration"])
        check_seen(another, migration)
        taken = adopted_and_stopped(another)
        undone = finish(another.start("rollback", migration, "--confirm", stage.app, "--json", wrapper=BRISK))
        traffic.stop()
    judgement = stage.verdict()

    assert (taken.status, undone.status, undone.result["code"]) == (130, 8, "ROLLED_BACK"), undone.err
    assert "is back on cloudamqp:lemur" in undone.result["state"]
    assert stage.call("GET", "+/config-vars") == before
    assert judgement.clean, judgement
    check_closed(stage, another, migration)


def check_seen(another: Stage, migration: str) -> None:
    """From the app alone: how far it is, what to type, and that somebody must say yes."""
    seen = another.run_unchanged("status", "--json")
    assert (seen.status, seen.result["code"]) == (0, "STATUS"), seen.err
    assert migration in seen.result["what"]
    assert "CELERY_ALWAYS_EAGER=True is set" in seen.result["state"]
    assert seen.result["next"] == [f"migrate-plan resume --app {another.app}"]
    asked = another.run_unchanged("resume", "--app", another.app, "--json")
    assert (asked.status, asked.result["code"]) == (7, "CONFIRMATION_MISSING"), asked.err


def adopted_and_stopped(another: Stage) -> Finished:
    """Go on from the app's mark, and press Ctrl-C in the drain."""
    process = another.start("resume", "--app", another.app, "--confirm", another.app, "--json", wrapper=BRISK)
    assert process.stdout is not None
    assert any('"step": "drain"' in line for line in iter(process.stdout.readline, ""))
    process.send_signal(signal.SIGINT)
    taken = finish(process)
    assert "migrate-plan rollback" in taken.result["back"], taken.err
    return taken


def check_closed(stage: Stage, another: Stage, migration: str) -> None:
    """It is over on the second laptop; the first one, which does not know, is told by its owner."""
    again = another.run_unchanged("rollback", migration, "--confirm", stage.app, "--json")
    assert (again.status, again.result["code"]) == (0, "NOTHING_TO_DO")
    unlocked = stage.run_unchanged("unlock", migration, "--confirm", stage.app, "--json")
    assert unlocked.result["code"] in {"UNLOCKED", "NOTHING_TO_DO"}, unlocked.err
    abandoned = stage.run_unchanged("abandon", migration, "--confirm", stage.app, "--json")
    assert (abandoned.status, abandoned.result["code"]) == (0, "ABANDONED"), abandoned.err
    assert stage.run("--to", "bunny", "--dry-run").status == 0
