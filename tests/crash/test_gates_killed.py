"""With gates: killed at any point, at the gate too, and gone on with or undone; no gate is passed unopened."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine

from migrate import fault_points
from migrate.commands import plain
from migrate.events import EffectRequested, Event, GateOpened, HeldAtGate, StepWaiting
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.ways import at_gates

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.events import Result

pytestmark = pytest.mark.crash

ID: Final = "mig-7f3k2q"
GATES: Final = {"documented": ("drain", "remove"), "bridge": ("drain", "remove-old")}
HELD_SECONDS: Final = 90.0


def a_machine(strategy: str) -> Machine:
    heroku = FakeHeroku("CLOUDAMQP", "RABBIT")
    heroku.broker_of("cloudamqp-old-1").ready = 3
    machine = Machine("", heroku, choices=Choices(strategy, held_before=GATES[strategy]))
    machine.on_event = an_operator(machine)
    return machine


def an_operator(machine: Machine) -> Callable[[Event], None]:
    """Opens each gate when a process has waited there for longer than a proof of emptiness lasts."""
    since: list[float] = []

    def on_event(event: Event) -> None:
        if isinstance(event, HeldAtGate):
            since.append(machine.clock.monotonic())
        waits = isinstance(event, StepWaiting) and event.reason.startswith("held before")
        if waits and machine.clock.monotonic() - since[-1] >= HELD_SECONDS:
            at_gates.opened(machine.store, machine.store.record(ID), machine.clock, plain)

    return on_event


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


@cache
def points(strategy: str) -> tuple[str, ...]:
    reached: dict[str, None] = {}
    with fault_points.armed(reached.setdefault):
        assert a_machine(strategy).begin().exit == Exit.DONE
    return tuple(reached)


EVERY: Final = [(strategy, point) for strategy in GATES for point in points(strategy)]


def check_every_gate_was_opened(machine: Machine, strategy: str) -> None:
    opened = [event.step for event in machine.events if isinstance(event, GateOpened)]
    assert sorted(set(opened)) == sorted(GATES[strategy])
    at = machine.events.index(
        next(e for e in machine.events if isinstance(e, EffectRequested) and e.effect == "remove")
    )
    gate = next(e for e in machine.events if isinstance(e, GateOpened) and e.step.startswith("remove"))
    assert machine.events.index(gate) < at
    assert machine.heroku.writes.count("remove") == 1
    assert [item.plan for item in machine.heroku.add_ons("shop")] == ["cloudamqp:bunny"]
    assert machine.heroku.broker_of("cloudamqp-old-1").taken == 3


@pytest.mark.parametrize("strategy", GATES)
def test_a_process_can_be_killed_at_each_gate(strategy: str) -> None:
    assert {f"{step}: in wait" for step in GATES[strategy]} <= set(points(strategy))


@pytest.mark.parametrize(("strategy", "point"), EVERY)
def test_killed_at_a_point_and_gone_on_with(strategy: str, point: str) -> None:
    machine = a_machine(strategy)

    assert process(machine, machine.begin, point) is None
    ended = machine.resume()

    assert ended.exit == Exit.DONE, (ended.what, ended.why)
    check_every_gate_was_opened(machine, strategy)


@pytest.mark.parametrize(("strategy", "point"), EVERY)
def test_killed_at_a_point_and_undone_without_a_gate_on_the_way(strategy: str, point: str) -> None:
    machine = a_machine(strategy)

    assert process(machine, machine.begin, point) is None
    held = sum(isinstance(event, HeldAtGate) for event in machine.events)
    undone = process(machine, machine.roll_back)

    assert undone is not None
    assert sum(isinstance(event, HeldAtGate) for event in machine.events) == held
    if "remove" not in machine.heroku.writes:
        assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
        assert [item.plan for item in machine.heroku.add_ons("shop")] == ["cloudamqp:lemur"]
