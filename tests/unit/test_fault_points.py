from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Machine
from fakes.migrations import STEPS

from migrate import fault_points
from migrate.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path

EFFECT = [
    fault_points.BEFORE_INTENT,
    fault_points.AFTER_INTENT,
    fault_points.AFTER_EFFECT,
    fault_points.BEFORE_RECORD,
    fault_points.AFTER_RECORD,
]


def test_a_point_does_nothing_unless_it_is_armed() -> None:
    reached: list[str] = []
    with fault_points.armed(reached.append):
        fault_points.reach("drain", "in wait")
    fault_points.reach("drain", "in wait")

    assert reached == ["drain: in wait"]


def test_what_is_armed_inside_takes_the_place_of_what_is_armed_outside() -> None:
    outer: list[str] = []
    with fault_points.armed(outer.append):
        with fault_points.armed(lambda _point: None):
            fault_points.reach("add", "x")
        fault_points.reach("add", "y")

    assert outer == ["add: y"]


@pytest.mark.parametrize("effect", ["eager-on", "remove", "add", "eager-off"])
def test_every_call_passes_every_point_in_this_order(tmp_path: Path, effect: str) -> None:
    machine, reached = Machine(f"sqlite:///{tmp_path / 'store'}", FakeHeroku()), list[str]()
    with fault_points.armed(reached.append):
        assert machine.begin().exit == Exit.DONE

    mine = [point.partition(": ")[2] for point in reached if point.startswith(f"{effect}: ")]
    assert [point for point in mine if point != fault_points.IN_WAIT] == [
        *EFFECT,
        fault_points.BEFORE_DONE,
        fault_points.AFTER_DONE,
    ]


def test_every_step_passes_the_points_of_its_end_and_every_wait_has_one(tmp_path: Path) -> None:
    machine, reached = Machine(f"sqlite:///{tmp_path / 'store'}", FakeHeroku()), list[str]()
    with fault_points.armed(reached.append):
        machine.begin()

    for step in STEPS:
        assert f"{step.name}: {fault_points.BEFORE_DONE}" in reached
        assert f"{step.name}: {fault_points.AFTER_DONE}" in reached
    assert f"drain: {fault_points.IN_WAIT}" in reached
