"""Killed at every named point, and at every named point of the process that goes on: always the same end.

The points are those that an undisturbed run reaches, so none is forgotten when a step is added.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine

from migrate import fault_points
from migrate.exits import Exit
from migrate.strategies import DOCUMENTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.events import Result

pytestmark = pytest.mark.crash

WRITES: Final = ("set eager", "remove", "add", "attach RABBIT", "unset eager")


def a_machine() -> Machine:
    machine = Machine("", FakeHeroku("CLOUDAMQP", "RABBIT"))
    machine.heroku.broker_of("cloudamqp-old-1").ready = 3
    return machine


@cache
def points() -> tuple[str, ...]:
    """Every point that an undisturbed run reaches, once, in the order of their first time."""
    reached: dict[str, None] = {}
    with fault_points.armed(reached.setdefault):
        assert a_machine().begin().exit == Exit.DONE
    return tuple(reached)


def process(machine: Machine, run: Callable[[], Result], point: str | None) -> Result | None:
    """Run one process; it dies the first time that it reaches the point. Returns None for a dead one."""

    def die(reached: str) -> None:
        if reached == point:
            raise Killed

    try:
        with fault_points.armed(die):
            return run()
    except Killed:
        machine.store.leases.clear()  # as on one machine, where a dead process is known to be dead
        return None


def check_undisturbed(machine: Machine) -> None:
    heroku = machine.heroku
    assert tuple(heroku.writes) == WRITES
    assert [item.plan for item in heroku.add_ons("shop")] == ["cloudamqp:bunny"]
    assert sorted(heroku.names) == ["CLOUDAMQP", "RABBIT"]
    assert set(heroku.config) == {"CLOUDAMQP_URL", "RABBIT_URL"}
    assert [release.description for release, _ in heroku.log] == ["Initial release", *WRITES]
    assert heroku.broker_of("cloudamqp-old-1").taken == 3
    (label,) = heroku.connected
    assert heroku.brokers[label].consumers()
    assert machine.state == "done"
    assert machine.store.holder("shop") is None


def test_there_are_points_in_every_step_and_around_every_call() -> None:
    places = {point.partition(": ")[0] for point in points()}

    assert places >= {step.name for step in DOCUMENTED}
    assert {"eager-on", "remove", "add", "attach-RABBIT", "eager-off"} <= places
    assert len(points()) >= 40


@pytest.mark.parametrize("first", points())
def test_killed_at_a_point_and_again_at_any_point_of_the_next_process(first: str) -> None:
    for second in points():
        machine = a_machine()

        assert process(machine, machine.begin, first) is None
        ended = process(machine, machine.resume, second) or process(machine, machine.resume, None)

        assert ended is not None
        assert ended.exit == Exit.DONE, (first, second, ended.what, ended.why)
        check_undisturbed(machine)


@pytest.mark.parametrize("first", points())
def test_killed_at_a_point_and_undone_unless_it_is_too_late(first: str) -> None:
    machine = a_machine()

    assert process(machine, machine.begin, first) is None
    undone = process(machine, machine.roll_back, None)

    assert undone is not None
    if "remove" in machine.heroku.writes:
        assert undone.code == "ROLLBACK_IMPOSSIBLE"
        assert machine.resume().exit == Exit.DONE
        check_undisturbed(machine)
    else:
        assert undone.exit == Exit.ROLLED_BACK
        assert set(machine.heroku.config) == {"CLOUDAMQP_URL", "RABBIT_URL"}
        assert not machine.heroku.broker_of("cloudamqp-old-1").gone
