"""Killed at every named point, and at every named point of the process that goes on: always the same end.

The points are those that an undisturbed run reaches, so none is forgotten when a step is added. Of the pairs some are
taken: the first death at each point that only this kind brings, the second one at every eighth of them;

    EVERY_PAIR=1 pytest tests/crash/test_matrix.py

takes them all.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine
from fakes.migrations import a_migration

from migrate import fault_points
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.strategies import planned

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.events import Result

pytestmark = pytest.mark.crash

WORKERS: Final = "workers"
KINDS: Final = {
    WORKERS: ("set eager", "remove", "add", "attach RABBIT", "unset eager"),
    "dynos": (
        "scale worker=0",
        "set eager",
        "run mig-7f3k2q:worker.1:1",
        "remove",
        "stop run.1001",
        "add",
        "attach RABBIT",
        "unset eager",
        "scale worker=1",
    ),
    "side-by-side": (
        "scale worker=0",
        "add",
        "attach CLOUDAMQP_OLD",
        "set eager",
        "scale worker=1",
        "move CLOUDAMQP to cloudamqp:bunny",
        "move RABBIT to cloudamqp:bunny",
        "unset eager",
        "remove",
        "detach CLOUDAMQP_NEW",
    ),
    "side-by-side, dynos": (
        "scale worker=0",
        "add",
        "attach CLOUDAMQP_OLD",
        "set eager",
        "run mig-7f3k2q:worker.1:1",
        "move CLOUDAMQP to cloudamqp:bunny",
        "move RABBIT to cloudamqp:bunny",
        "stop run.1001",
        "unset eager",
        "scale worker=1",
        "remove",
        "detach CLOUDAMQP_NEW",
    ),
    "bridge": (
        "scale worker=0",
        "add",
        "attach CLOUDAMQP_OLD",
        "set bridge",
        "scale worker=1",
        "move CLOUDAMQP to cloudamqp:bunny",
        "move RABBIT to cloudamqp:bunny",
        "unset bridge",
        "remove",
        "detach CLOUDAMQP_NEW",
    ),
    "bridge, one-off workers": (
        "scale worker=0",
        "add",
        "attach CLOUDAMQP_OLD",
        "set bridge",
        "run mig-7f3k2q:bridge-worker.1:1",
        "scale worker=1",
        "move CLOUDAMQP to cloudamqp:bunny",
        "move RABBIT to cloudamqp:bunny",
        "unset bridge",
        "stop run.1001",
        "remove",
        "detach CLOUDAMQP_NEW",
    ),
    "in-place": ("change to cloudamqp:bunny",),
}
"""The calls of an undisturbed migration, by strategy and who drains: documented, and the workers, where not said."""


TRIED: Final = ("IN_PLACE_UNLIKELY",)
STRIDE: Final = 8


def strategy_of(kind: str) -> str:
    strategy = kind.partition(",")[0]
    return "documented" if strategy in {WORKERS, "dynos"} else strategy


def by_dynos(kind: str) -> bool:
    return "dynos" in kind


def bridge_workers(kind: str) -> dict[str, int]:
    return {"worker": 1} if "one-off" in kind else {}


def a_machine(kind: str) -> Machine:
    changes = {"drain_by": "dynos" if by_dynos(kind) else "workers"}
    machine = Machine(
        "",
        FakeHeroku("CLOUDAMQP", "RABBIT"),
        choices=Choices(strategy_of(kind), TRIED, bridge_workers=bridge_workers(kind)),
        changes=changes,
    )
    machine.heroku.reads_variable = by_dynos(kind)
    machine.heroku.broker_of("cloudamqp-old-1").ready = 3
    return machine


@cache
def points(kind: str) -> tuple[str, ...]:
    """Every point that an undisturbed run reaches, once, in the order of their first time."""
    reached: dict[str, None] = {}
    with fault_points.armed(reached.setdefault):
        assert a_machine(kind).begin().exit == Exit.DONE
    return tuple(reached)


def paired(kind: str) -> list[str]:
    """The points at which both processes may die: those that only this kind reaches, but for the first one."""
    every = kind == WORKERS or "EVERY_PAIR" in os.environ
    earlier = {point for known in list(KINDS)[: list(KINDS).index(kind)] for point in points(known)}
    return [point for point in points(kind) if every or point not in earlier]


def seconds(kind: str, first: str) -> list[str]:
    """The points of the second death: all in the end, over all first ones, where not every pair is taken."""
    known = paired(kind)
    return known if "EVERY_PAIR" in os.environ else known[known.index(first) % STRIDE :: STRIDE]


EVERY: Final = [(kind, point) for kind in KINDS for point in points(kind)]
PAIRED: Final = [(kind, point) for kind in KINDS for point in paired(kind)]


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


def check_undisturbed(machine: Machine, kind: str) -> None:
    heroku = machine.heroku
    assert tuple(heroku.writes) == KINDS[kind]
    assert [item.plan for item in heroku.add_ons("shop")] == ["cloudamqp:bunny"]
    assert sorted(heroku.names) == ["CLOUDAMQP", "RABBIT"]
    assert set(heroku.config) == {"CLOUDAMQP_URL", "RABBIT_URL"}
    released = [write for write in KINDS[kind] if write.partition(" ")[0] not in {"scale", "run", "stop"}]
    made = [release.description for release, _ in heroku.log if not release.description.startswith("detach ")]
    assert made == ["Initial release", *(write for write in released if not write.startswith("detach "))]
    assert heroku.broker_of("cloudamqp-old-1").taken == 3
    assert heroku.broker_of("cloudamqp-old-1").taken_eagerly == 0
    assert heroku.quantities == {"web": 1, "worker": 1}
    assert heroku.one_offs == []
    (label,) = heroku.connected
    assert len(heroku.brokers[label].consumers()) == 1
    assert machine.state == "done"
    assert machine.store.holder("shop") is None


CALLS: Final[dict[str, set[str]]] = {
    "documented": {"eager-on", "remove", "add", "attach-RABBIT", "eager-off"},
    "side-by-side": {"add", "eager-on", "spare", "reattach", "reattach-RABBIT", "eager-off", "remove", "tidy"},
    "bridge": {"add", "bridge-on", "spare", "reattach", "reattach-RABBIT", "bridge-off", "remove", "tidy"},
    "in-place": {"change-plan"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_points_in_every_step_and_around_every_call(kind: str) -> None:
    places = {point.partition(": ")[0] for point in points(kind)}

    drain_by = "dynos" if by_dynos(kind) else "workers"
    assert places >= {
        step.name
        for step in planned(
            a_migration(drain_by=drain_by, strategy=strategy_of(kind), bridge_workers=bridge_workers(kind))
        )
    }
    assert places >= CALLS[strategy_of(kind)]
    assert len(points(kind)) >= 4 * len(CALLS[strategy_of(kind)])


@pytest.mark.parametrize(("kind", "first"), PAIRED)
def test_killed_at_a_point_and_again_at_any_point_of_the_next_process(kind: str, first: str) -> None:
    for second in seconds(kind, first):
        machine = a_machine(kind)

        assert process(machine, machine.begin, first) is None
        ended = process(machine, machine.resume, second) or process(machine, machine.resume, None)

        assert ended is not None
        assert ended.exit == Exit.DONE, (first, second, ended.what, ended.why)
        check_undisturbed(machine, kind)


@pytest.mark.parametrize(("kind", "point"), [item for item in EVERY if item not in PAIRED])
def test_killed_at_a_point_and_gone_on_with(kind: str, point: str) -> None:
    machine = a_machine(kind)

    assert process(machine, machine.begin, point) is None
    ended = machine.resume()

    assert ended.exit == Exit.DONE, (ended.what, ended.why)
    check_undisturbed(machine, kind)


@pytest.mark.parametrize(("kind", "first"), EVERY)
def test_killed_at_a_point_and_undone_unless_it_is_too_late(kind: str, first: str) -> None:
    machine = a_machine(kind)

    assert process(machine, machine.begin, first) is None
    undone = process(machine, machine.roll_back, None)

    assert undone is not None
    if "remove" in machine.heroku.writes:
        assert undone.code == "ROLLBACK_IMPOSSIBLE"
        assert machine.resume().exit == Exit.DONE
        check_undisturbed(machine, kind)
    else:
        assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
        assert [item.plan for item in machine.heroku.add_ons("shop")] == ["cloudamqp:lemur"]
        assert set(machine.heroku.config) == {"CLOUDAMQP_URL", "RABBIT_URL"}
        assert machine.heroku.quantities == {"web": 1, "worker": 1}
        assert machine.heroku.one_offs == []
        assert machine.heroku.broker_of("cloudamqp-old-1").taken_eagerly == 0
        assert len(machine.heroku.broker_of("cloudamqp-old-1").consumers()) == 1
