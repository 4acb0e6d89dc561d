"""Undone from wherever it stopped, and killed on the way back as well: the app as it was, each effect once."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after
from fakes.migrations import STEPS, a_migration

from migrate import fault_points
from migrate.brokers.report import Consumer
from migrate.errors import HerokuRefused, OutcomeUnknown, ReleaseFailed
from migrate.exits import Exit
from migrate.migration import EAGER, MARKER, Choices
from migrate.strategies import WAY_BACK, WAY_BACK_IN_PLACE, belonging

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrate.migration import Migration
    from migrate.steps import Step

pytestmark = pytest.mark.crash

OLD = "cloudamqp-old-1"
NAMES = [step.name for step in STEPS]
BEFORE_REMOVAL = NAMES[: NAMES.index("remove")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeHeroku("CLOUDAMQP", "RABBIT"))


def check_as_it_was(machine: Machine, writes: tuple[str, ...]) -> None:
    heroku = machine.heroku
    assert tuple(heroku.writes) == writes
    assert [item.plan for item in heroku.add_ons("shop")] == ["cloudamqp:lemur"]
    assert set(heroku.config) == {"CLOUDAMQP_URL", "RABBIT_URL"}
    assert heroku.broker_of(OLD).consumers()
    assert machine.state == "rolled-back"
    assert machine.store.holder("shop") is None


def stopped_at(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()


@pytest.mark.parametrize("step", BEFORE_REMOVAL)
def test_from_every_step_before_the_removal(machine: Machine, step: str) -> None:
    stopped_at(machine, step)

    undone = machine.roll_back()

    assert (undone.exit, undone.code) == (Exit.ROLLED_BACK, "ROLLED_BACK"), undone.why
    released = step in {"eager-on", "drain", "save-topology"}
    check_as_it_was(machine, ("set eager", "unset eager") if released else ())
    assert ("is back on cloudamqp:lemur" in undone.state) or not released


def test_what_was_in_the_old_broker_stays_there(machine: Machine) -> None:
    machine.heroku.broker_of(OLD).ready = 3
    stopped_at(machine, "eager-on")

    machine.roll_back()

    old = machine.heroku.broker_of(OLD)
    assert not old.gone
    assert old.ready + old.taken == 3


@pytest.mark.parametrize("step", ["remove", "add", "quiesce-again", "eager-off"])
def test_after_the_removal_it_says_what_can_be_had_and_resume_still_works(machine: Machine, step: str) -> None:
    stopped_at(machine, step)

    refused = machine.roll_back()

    assert (refused.exit, refused.code) == (Exit.RESUMABLE, "ROLLBACK_IMPOSSIBLE")
    assert "cannot be brought back" in refused.what
    assert "--to lemur" in refused.next[0]
    assert refused.next[-1] == "migrate-plan resume mig-7f3k2q"
    assert refused.back == ""
    assert machine.state == "stopped"
    assert machine.resume().exit == Exit.DONE


def test_a_new_add_on_on_the_old_plan_can_be_had_after_the_removal(machine: Machine) -> None:
    stopped_at(machine, "remove")

    assert machine.resume("cloudamqp:lemur").exit == Exit.DONE

    (add_on,) = machine.heroku.add_ons("shop")
    assert (add_on.name, add_on.plan) == ("cloudamqp-mig-7f3k2q", "cloudamqp:lemur")
    assert sorted(machine.heroku.names) == ["CLOUDAMQP", "RABBIT"]


def test_a_plan_that_does_not_come_can_be_changed_for_another(machine: Machine) -> None:
    machine.heroku.provisions = False
    failed = machine.begin()
    assert (failed.exit, failed.code) == (Exit.RESUMABLE, "ADD_ON_FAILED")
    machine.heroku.provisions = True

    assert machine.resume("cloudamqp:tiger").exit == Exit.DONE

    assert machine.heroku.add_ons("shop")[-1].plan == "cloudamqp:tiger"


def test_once_the_new_add_on_is_there_its_plan_is_fixed(machine: Machine) -> None:
    stopped_at(machine, "add")

    refused = machine.resume("cloudamqp:tiger")

    assert (refused.exit, refused.code) == (Exit.RESUMABLE, "PLAN_FIXED")
    assert machine.resume().exit == Exit.DONE
    assert [item.plan for item in machine.heroku.add_ons("shop")] == ["cloudamqp:bunny"]


def test_a_resume_after_a_rollback_was_killed_goes_on_in_that_direction(machine: Machine) -> None:
    stopped_at(machine, "eager-on")
    machine.on_event = kill_after("quiesce-back")
    with pytest.raises(Killed):
        machine.roll_back()
    assert machine.state == "rolling-back"

    assert machine.resume().exit == Exit.ROLLED_BACK
    check_as_it_was(machine, ("set eager", "unset eager"))


def points_of(way: tuple[Step, ...], effect: str, migration: Migration) -> list[str]:
    """Return where a way back can be killed, of whose calls one changes the app."""
    ends = (fault_points.BEFORE_DONE, fault_points.AFTER_DONE)
    around = (
        fault_points.BEFORE_INTENT,
        fault_points.AFTER_INTENT,
        fault_points.AFTER_EFFECT,
        fault_points.BEFORE_RECORD,
        fault_points.AFTER_RECORD,
    )
    steps = belonging(way, migration)
    of_steps = (f"{step.name}: {point}" for step in steps for point in ends)
    return [*of_steps, *(f"{effect}: {point}" for point in around)]


POINTS = points_of(WAY_BACK, "eager-back", a_migration())
POINTS_IN_PLACE = points_of(WAY_BACK_IN_PLACE, "change-plan-back", a_migration(strategy="in-place"))


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_of_the_way_back(machine: Machine, point: str) -> None:
    stopped_at(machine, "eager-on")

    with fault_points.armed(die_at(point)):
        with pytest.raises(Killed):
            machine.roll_back()
        assert machine.resume().exit == Exit.ROLLED_BACK

    check_as_it_was(machine, ("set eager", "unset eager"))


@pytest.mark.parametrize("point", POINTS_IN_PLACE)
def test_killed_at_any_point_of_the_way_back_of_a_plan_changed_in_place(machine: Machine, point: str) -> None:
    machine.choices = Choices("in-place", ("IN_PLACE_UNLIKELY",))
    stopped_at(machine, "change-plan")

    with fault_points.armed(die_at(point)):
        with pytest.raises(Killed):
            machine.roll_back()
        assert machine.resume().exit == Exit.ROLLED_BACK

    check_as_it_was(machine, ("change to cloudamqp:bunny", "change to cloudamqp:lemur"))


def die_at(point: str) -> Callable[[str], None]:
    dead: list[str] = []

    def action(reached: str) -> None:
        if reached == point and not dead:
            dead.append(point)
            raise Killed

    return action


@pytest.mark.parametrize("error", [OutcomeUnknown("no reply"), Killed()])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_eager_release_whose_outcome_is_not_known_is_asked_for_before_it_is_undone(
    machine: Machine, moment: str, error: BaseException
) -> None:
    raised: list[str] = []

    def fail_once(write: str) -> None:
        if write == "set eager" and not raised:
            raised.append(write)
            raise error

    setattr(machine.heroku, moment, fail_once)
    with contextlib.suppress(Killed):
        machine.begin()
    if machine.state == "done":  # the lost reply was settled by asking
        return

    assert machine.roll_back().exit == Exit.ROLLED_BACK

    check_as_it_was(machine, ("set eager", "unset eager") if "set eager" in machine.heroku.writes else ())


@pytest.mark.parametrize("survive", [True, False])
def test_a_failed_eager_release_is_undone_whether_or_not_its_variables_survive(
    machine: Machine, *, survive: bool
) -> None:
    machine.heroku.fails = {"set eager"}
    machine.heroku.failed_changes_survive = survive
    stopped = machine.begin()
    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "RELEASE_FAILED")
    assert stopped.back == "migrate-plan rollback mig-7f3k2q"
    machine.heroku.fails = set()

    assert machine.roll_back().exit == Exit.ROLLED_BACK

    assert not {EAGER, MARKER} & machine.heroku.requested.keys()
    assert machine.heroku.broker_of(OLD).consumers()


def test_a_release_that_fails_on_the_way_back_can_be_tried_again(machine: Machine) -> None:
    stopped_at(machine, "eager-on")
    machine.heroku.fails = {"unset eager"}

    failed = machine.roll_back()

    assert (failed.exit, failed.code) == (Exit.RESUMABLE, ReleaseFailed.code)
    machine.heroku.fails = set()
    assert machine.resume().exit == Exit.ROLLED_BACK
    assert not {EAGER, MARKER} & machine.heroku.config.keys()


def test_dynos_that_crash_in_eager_mode_are_not_waited_for_on_the_way_back(machine: Machine) -> None:
    def crash(write: str) -> None:
        machine.heroku.crashed = write == "set eager"

    machine.heroku.after = crash
    stopped = machine.begin()
    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "DYNOS_CRASHED")
    assert stopped.back == "migrate-plan rollback mig-7f3k2q"

    assert machine.roll_back().exit == Exit.ROLLED_BACK

    check_as_it_was(machine, ("set eager", "unset eager"))


def test_on_the_way_back_a_worker_that_nobody_knows_of_is_waited_for_where_every_known_one_crashed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(write: str) -> None:
        machine.heroku.crashed = write == "set eager"

    machine.heroku.after = crash
    assert machine.begin().code == "DYNOS_CRASHED"
    elsewhere = (Consumer("celery", "10.0.0.9:1 -> 10.0.0.2:2"),)
    monkeypatch.setattr(machine.heroku.broker_of("cloudamqp-old-1"), "consumers", lambda: elsewhere)

    stopped = machine.roll_back()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "WORKERS_BUSY")
    assert "consumes from celery" in stopped.why
    assert machine.heroku.writes == ["set eager"]


@pytest.mark.parametrize("write", ["remove", "attach RABBIT"])
def test_dynos_that_crash_after_the_removal_leave_an_app_that_can_be_resumed(machine: Machine, write: str) -> None:
    def crash(now: str) -> None:
        machine.heroku.crashed = now == write

    machine.heroku.after = crash
    stopped = machine.begin()

    if write == "attach RABBIT":
        assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "DYNOS_CRASHED")
        assert "has the new add-on" in stopped.state
        machine.heroku.crashed = False
        stopped = machine.resume()
    assert stopped.exit == Exit.DONE


def test_a_refused_call_on_the_way_back_leaves_no_dead_end(machine: Machine) -> None:
    stopped_at(machine, "drain")
    machine.heroku.before = raising_once("unset eager", HerokuRefused("no"))

    stopped = machine.roll_back()

    assert stopped.exit == Exit.RESUMABLE
    assert stopped.next[-1] == "migrate-plan resume mig-7f3k2q"
    assert machine.resume().exit == Exit.ROLLED_BACK


def raising_once(write: str, error: BaseException) -> Callable[[str], None]:
    raised: list[str] = []

    def call(now: str) -> None:
        if now == write and not raised:
            raised.append(now)
            raise error

    return call


def test_a_variable_that_was_set_before_is_put_back_to_its_value(machine: Machine) -> None:
    machine.heroku.patch_config_vars("shop", {EAGER: "False"})
    machine.heroku.writes.clear()
    stopped_at(machine, "drain")

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert machine.heroku.config[EAGER] == "False"
    assert MARKER not in machine.heroku.config
