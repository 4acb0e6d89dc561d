"""What hooks hear, and that none of them keeps a migration waiting but where it is asked."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from fakes.children import children
from fakes.clock import FakeClock
from fakes.heroku import FakeHeroku
from fakes.machine import Machine

from migrate.clients.hook_process import Hook
from migrate.events import ApiCalled, Event, MigrationStarted, StepDone, StepNoted, StepStarted, StepWaiting
from migrate.exits import Exit
from migrate.listeners import hooks as hooks_module
from migrate.listeners.hooks import Hooks
from migrate.results import Stopped
from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrate.runner import Runner

ID = "mig-7f3k2q"
STARTED = MigrationStarted("shop", "a", "cloudamqp:lemur", "cloudamqp:bunny", "documented", ("drain",), resumed=False)
CANARY = "canary p@ss/w0rd-for-hooks"


def told(command: str, *events: Event) -> list[str]:
    said: list[str] = []
    hooks = Hooks((Hook(command),), FakeClock(), said.append)
    for event in events:
        hooks.hear(event, ID)
    hooks.close()
    return said


def test_a_hook_hears_every_event_in_order_with_what_it_is_about(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = f'echo "$MIGRATE_APP $MIGRATE_MIGRATION $MIGRATE_EVENT $MIGRATE_STEP $(cat)" >> {out}'

    assert told(command, STARTED, StepDone("drain", 1.0)) == []

    first, second = out.read_text().splitlines()
    assert first.startswith(f"shop {ID} migration.started  {{")
    words, _, body = second.partition(" {")
    assert words == f"shop {ID} step.done drain"
    assert json.loads("{" + body)["seconds"] == 1.0


def test_looks_are_sampled_and_reads_left_out(tmp_path: Path) -> None:
    out = tmp_path / "out"
    read = ApiCalled("drain", "GET", "/apps/shop", 200, "", "abc", 0.1, 41)
    looks = [StepWaiting("drain", f"{number} messages left") for number in range(20)]

    told(f'echo "$MIGRATE_EVENT" >> {out}', STARTED, *looks, read, StepDone("drain", 1.0))

    assert out.read_text().split() == ["migration.started", "step.waiting", "step.waiting", "step.done"]


def test_no_secret_reaches_the_stdin_of_a_hook(tmp_path: Path) -> None:
    Secret(CANARY)
    told(f"cat >> {tmp_path / 'out'}", StepNoted("drain", f"it is {CANARY}"))

    assert "canary" not in (tmp_path / "out").read_text()


def test_a_hook_that_fails_is_said_once_and_the_others_hear_all(tmp_path: Path) -> None:
    said = told(f"echo >> {tmp_path / 'out'}; echo why; exit 3", STARTED, StepDone("a", 1.0), StepDone("b", 1.0))

    assert len(said) == 1
    assert "it ended with 3: why" in said[0]
    assert len((tmp_path / "out").read_text().splitlines()) == 3


def test_a_hook_that_hangs_delays_neither_the_run_nor_for_long_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks_module, "CLOSING_SECONDS", 0.1)
    began = time.monotonic()

    (said,) = told("sleep 300", STARTED, StepDone("drain", 1.0))

    assert time.monotonic() - began < 20
    assert "end" in said


def test_at_the_end_no_hook_is_started_behind_one_that_hung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks_module, "CLOSING_SECONDS", 0.1)
    hooks = Hooks((Hook("sleep 300"), Hook(f"echo > {tmp_path / 'out'}; sleep 300")), FakeClock(), list[str]().append)
    hooks.hear(STARTED, ID)

    hooks.close()
    hooks.close()  # joins the thread

    assert not (tmp_path / "out").exists()
    assert children("sleep") == []


def test_who_does_not_wait_for_the_end_of_the_hooks_leaves_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = Hooks((Hook("sleep 300"),), FakeClock(), list[str]().append)
    hooks.hear(STARTED, ID)
    while not children("sleep"):
        time.sleep(0.01)

    def interrupted(_thread: object, _seconds: float) -> None:
        raise Stopped(Exit.INTERRUPTED)

    with monkeypatch.context() as pressing, pytest.raises(Stopped):
        pressing.setattr("threading.Thread.join", interrupted)
        hooks.close()

    assert children("sleep") == []


class Asked:
    """A machine whose hooks say no to one step, as long as they do."""

    def __init__(self, step: str) -> None:
        self.machine = Machine("", FakeHeroku())
        self.no: set[str] = {step}
        self.asked: list[str] = []
        self.limits: dict[str, float] = {}
        make: Callable[[], Runner] = self.machine._runner

        def runner() -> Runner:
            made = make()
            made.ask_before = self.ask
            return made

        runner_: Any = runner
        self.machine._runner = runner_  # type: ignore[method-assign]

    def ask(self, _migration: object, step: str, seconds: float) -> str:
        self.asked.append(step)
        self.limits[step] = seconds
        return "./ask: it ended with 1." if step in self.no else ""


def test_a_step_that_a_hook_says_no_to_does_not_begin_and_resume_goes_on() -> None:
    asked = Asked("drain")

    stopped = asked.machine.begin()

    assert (stopped.exit, stopped.code, stopped.runbook) == (Exit.RESUMABLE, "HOOK_REFUSED", "hooks")
    assert "./ask" in stopped.why
    assert asked.asked[-1] == "drain"
    assert asked.machine.heroku.writes == ["set eager"]
    asked.no.clear()
    assert asked.machine.resume().exit == Exit.DONE


def test_a_no_to_the_first_step_changes_nothing() -> None:
    asked = Asked("preflight")

    assert asked.machine.begin().exit == Exit.FAILED
    assert asked.machine.heroku.writes == []


@pytest.mark.parametrize("step", ["add", "eager-on", "eager-off"])
def test_where_a_stop_would_do_harm_a_no_is_told_and_not_obeyed(step: str) -> None:
    asked = Asked(step)

    assert asked.machine.begin().exit == Exit.DONE

    notes = [event.text for event in asked.machine.events if isinstance(event, StepNoted)]
    assert any(f"refuses {step}" in text and "./ask" in text for text in notes)


def test_where_it_is_not_obeyed_nobody_waits_long_for_a_hook() -> None:
    asked = Asked("nothing")
    asked.machine.begin()

    assert {step for step, seconds in asked.limits.items() if seconds <= 3} == {"eager-on", "add", "eager-off"}
    assert {asked.limits[step] for step in ("quiesce", "drain", "remove", "verify")} == {30}


def test_the_way_back_is_not_stopped() -> None:
    asked = Asked("drain")
    asked.machine.begin()
    asked.no |= {"quiesce-back", "eager-back", "verify-back"}

    assert asked.machine.roll_back().exit == Exit.ROLLED_BACK


def test_hooks_are_asked_with_the_step_in_their_environment(tmp_path: Path) -> None:
    out, said = tmp_path / "out", list[str]()
    hooks = Hooks((Hook(f'echo "$MIGRATE_EVENT $MIGRATE_STEP" >> {out}; exit 1'),), FakeClock(), said.append)

    assert "it ended with 1" in hooks.ask("remove", ID, 30)

    assert out.read_text() == "before-remove remove\n"


def test_all_hooks_together_have_the_time_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, limits = FakeClock(), list[float]()

    def run(_self: Hook, _event: str, _environment: object, seconds: float) -> str:
        limits.append(seconds)
        clock.sleep(20)
        return ""

    monkeypatch.setattr(Hook, "run", run)

    assert Hooks((Hook("a"), Hook("b"), Hook("c")), clock, pytest.fail).ask("remove", ID, 30) == ""

    assert limits == [30, 10, 0]


@pytest.mark.parametrize(("hooked", "asks_again"), [(True, True), (False, False)])
def test_what_was_read_before_a_hook_ran_is_asked_anew(hooked: bool, asks_again: bool) -> None:  # noqa: FBT001 -- cases
    asked = Asked("")
    if not hooked:
        asked.ask = lambda *_anything: None  # type: ignore[assignment,method-assign]
    forgotten: list[str] = []
    forget = asked.machine.heroku.forget

    def listen() -> None:
        forgotten.append("forgotten")
        forget()

    asked.machine.heroku.forget = listen  # type: ignore[method-assign]
    at_steps: list[int] = []
    asked.machine.on_event = lambda event: at_steps.append(len(forgotten)) if isinstance(event, StepStarted) else None

    assert asked.machine.begin().exit == Exit.DONE
    assert bool(at_steps[0]) is asks_again
