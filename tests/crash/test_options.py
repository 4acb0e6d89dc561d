"""With all that an operator may have done besides: killed at any point that this brings, and gone on or undone.

Every second of those points, by default;

    EVERY_PAIR=1 pytest tests/crash/test_options.py

takes them all.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine

from migrate import fault_points
from migrate.exits import Exit
from migrate.migration import Choices

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.events import Result

pytestmark = pytest.mark.crash

STRATEGIES: Final = ("documented", "side-by-side", "bridge", "in-place")
OLD: Final = "amqps://cloudamqp-old-1:canary-cloudamqp-old-1@host/cloudamqp-old-1"
NEW: Final = "amqps://cloudamqp-mig-7f3k2q:canary-cloudamqp-mig-7f3k2q@host/cloudamqp-mig-7f3k2q"
BEFORE: Final = {"web": 1, "worker": 1, "clock": 2}


def a_machine(strategy: str, *, plain: bool = False) -> Machine:
    heroku = FakeHeroku("CLOUDAMQP", "RABBIT")
    heroku.quantities["clock"] = 2
    heroku.broker_of("cloudamqp-old-1").ready = 3
    for config in (heroku.config, heroku.log[-1][1]):
        config["ADDRESS"] = OLD
    accepted = ("IN_PLACE_UNLIKELY", "PASTED_COPIES")
    choices = Choices(strategy, accepted, paused=("clock",), maintenance=True, deploy="slug")
    return Machine("", heroku, choices=Choices(strategy, accepted) if plain else choices)


@cache
def points(strategy: str, *, plain: bool = False) -> tuple[str, ...]:
    """Every point that an undisturbed run reaches, once."""
    reached: dict[str, None] = {}
    with fault_points.armed(reached.setdefault):
        assert a_machine(strategy, plain=plain).begin().exit == Exit.DONE
    return tuple(reached)


def brought(strategy: str) -> list[str]:
    """The points that only the options bring."""
    found = [point for point in points(strategy) if point not in points(strategy, plain=True)]
    return found if "EVERY_PAIR" in os.environ else found[::2]


def process(machine: Machine, run: Callable[[], Result], point: str | None = None) -> Result | None:
    def die(reached: str) -> None:
        if reached == point:
            raise Killed

    try:
        with fault_points.armed(die):
            return run()
    except Killed:
        machine.store.leases.clear()
        return None


def check_put_back(machine: Machine) -> None:
    heroku = machine.heroku
    assert heroku.quantities == BEFORE
    assert not heroku.maintenance
    assert len([write for write in heroku.writes if write == "maintenance on"]) <= 1
    assert heroku.writes.count("scale clock=2") == 1
    (label,) = heroku.connected
    assert len(heroku.brokers[label].consumers()) == 1


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_options_bring_points_of_their_own(strategy: str) -> None:
    places = {point.partition(": ")[0] for point in brought(strategy)}

    assert places >= {"pause", "unpause", "maintenance-on", "maintenance-off"}
    assert strategy == "in-place" or places >= {"redeploy", "redeploy-again"}


@pytest.mark.parametrize(("strategy", "point"), [(each, point) for each in STRATEGIES for point in brought(each)])
def test_killed_at_a_point_and_gone_on(strategy: str, point: str) -> None:
    machine = a_machine(strategy)

    assert process(machine, machine.begin, point) is None
    ended = process(machine, machine.resume)

    assert ended is not None
    assert ended.exit == Exit.DONE, (ended.what, ended.why)
    check_put_back(machine)
    assert machine.heroku.config["ADDRESS"] == (OLD if strategy == "in-place" else NEW)
    assert machine.heroku.writes.count("redeploy") == (0 if strategy == "in-place" else 2)


@pytest.mark.parametrize(("strategy", "point"), [(each, point) for each in STRATEGIES for point in brought(each)])
def test_killed_at_a_point_and_undone_unless_it_is_too_late(strategy: str, point: str) -> None:
    machine = a_machine(strategy)

    assert process(machine, machine.begin, point) is None
    ended = process(machine, machine.roll_back)

    assert ended is not None
    if "remove" in machine.heroku.writes:
        assert ended.code == "ROLLBACK_IMPOSSIBLE"
        return
    assert ended.exit == Exit.ROLLED_BACK, (ended.what, ended.why)
    assert not machine.heroku.maintenance
    assert machine.heroku.quantities == BEFORE
    assert machine.heroku.config == {"CLOUDAMQP_URL": OLD, "RABBIT_URL": OLD, "ADDRESS": OLD}
