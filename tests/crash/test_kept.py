"""The old add-on was kept: it stays until that is said, and is removed only if nothing leads to it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.two_brokers import ID, NEW, OLD, TWO, a_machine, check_as_it_was, check_moved, dying, stopped_at

from migrate import fault_points
from migrate.commands import plain
from migrate.errors import AppHeld
from migrate.exits import Exit
from migrate.migration import READ, WRITE
from migrate.standing import standing

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.machine import Machine

    from migrate.events import Result

pytestmark = pytest.mark.crash


def kept(folder: Path, strategy: str) -> Machine:
    machine = a_machine(folder, strategy, keep_old=True)
    assert machine.begin().code == "KEPT"
    return machine


def status(machine: Machine) -> Result:
    return standing(machine.store, machine.store.record(ID), machine.clock, plain)[1]


@pytest.mark.parametrize("strategy", TWO)
def test_it_stays_until_finish_is_said(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy, keep_old=True)

    ended = machine.begin()

    assert (ended.exit, ended.code) == (Exit.DONE, "KEPT")
    assert ended.next == (f"migrate-plan finish {ID}",)
    assert "is still there, as CLOUDAMQP_OLD" in ended.state
    assert sorted(machine.heroku.names) == ["CLOUDAMQP", "CLOUDAMQP_NEW", "CLOUDAMQP_OLD", "RABBIT"]
    assert len(machine.heroku.broker_of(NEW).consumers()) == 1
    assert machine.resume().code == "KEPT"
    assert status(machine).next == (f"migrate-plan finish {ID}",)
    assert machine.remove_kept().exit == Exit.DONE
    check_moved(machine)


@pytest.mark.parametrize("strategy", TWO)
def test_it_can_be_gone_back_to(tmp_path: Path, strategy: str) -> None:
    machine = kept(tmp_path, strategy)

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    check_as_it_was(machine)


@pytest.mark.parametrize(("keep", "why"), [(True, "is not that far yet"), (False, "keeps no old add-on")])
def test_finish_is_refused_where_nothing_is_kept_or_it_is_not_that_far(
    tmp_path: Path, why: str, *, keep: bool
) -> None:
    machine = a_machine(tmp_path, "side-by-side", keep_old=keep)
    stopped_at(machine, "drain")

    refused = machine.remove_kept()

    assert (refused.exit, refused.code) == (Exit.USAGE, "USAGE")
    assert why in refused.what
    assert machine.resume().code == ("KEPT" if keep else "DONE")


def test_finish_is_refused_on_the_way_back(tmp_path: Path) -> None:
    machine = kept(tmp_path, "side-by-side")
    assert dying(machine, machine.roll_back, f"reattach-back: {fault_points.BEFORE_DONE}") is None

    assert "on its way back" in machine.remove_kept().what
    assert machine.resume().exit == Exit.ROLLED_BACK


def points(folder: Path, strategy: str) -> list[str]:
    machine, reached = kept(folder, strategy), dict[str, None]()
    with fault_points.armed(reached.setdefault):
        assert machine.remove_kept().exit == Exit.DONE
    return list(reached)


@pytest.mark.parametrize("strategy", TWO)
def test_killed_at_any_point_of_it_a_resume_goes_on_with_it(tmp_path: Path, strategy: str) -> None:
    every = points(tmp_path, strategy)
    assert len(every) > 10

    for point in every:
        machine = kept(tmp_path, strategy)
        assert dying(machine, machine.remove_kept, point) is None
        assert status(machine).next == (f"migrate-plan resume {ID}",), point
        ended = machine.resume()
        assert ended.exit == Exit.DONE, (point, ended.what, ended.why)
        assert ended.code == "DONE", point
        check_moved(machine)
        assert machine.heroku.writes.count("remove") == 1, point


def test_one_that_did_not_begin_leaves_the_old_add_on_for_whoever_resumes(tmp_path: Path) -> None:
    machine = kept(tmp_path, "side-by-side")
    machine.store.take_lease("shop", ID, "eve@elsewhere pid 1")
    with pytest.raises(AppHeld):
        machine.remove_kept()
    machine.store.leases.clear()

    assert machine.resume().code == "KEPT"
    assert "remove" not in machine.heroku.writes


def test_one_that_stopped_can_be_said_again_or_gone_back_from(tmp_path: Path) -> None:
    machine = kept(tmp_path, "side-by-side")
    machine.heroku.broker_of(OLD).ready = 1

    stopped = machine.remove_kept()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "NOT_DRAINED")
    machine.heroku.broker_of(OLD).ready = 0
    assert machine.remove_kept().code == "DONE"
    check_moved(machine)


@pytest.mark.parametrize("name", [READ, WRITE])
def test_a_variable_of_the_bridge_that_leads_to_the_old_broker_again_keeps_it(tmp_path: Path, name: str) -> None:
    machine = kept(tmp_path, "bridge")
    machine.heroku.patch_config_vars("shop", {name: machine.heroku.config["CLOUDAMQP_OLD_URL"]})

    stopped = machine.remove_kept()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert stopped.what == f"{name} leads to the old add-on again."
    assert stopped.next[0] == f"heroku config:unset {name} --app shop"
    assert "remove" not in machine.heroku.writes


def test_one_that_somebody_has_removed_by_hand_is_finished_with(tmp_path: Path) -> None:
    machine = kept(tmp_path, "side-by-side")
    machine.heroku.delete_add_on("shop", OLD)

    ended = machine.remove_kept()

    assert ended.exit == Exit.DONE, (ended.what, ended.why)
    check_moved(machine)
