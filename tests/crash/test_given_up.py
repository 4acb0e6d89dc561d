"""Given up anywhere, on the way there or back: whoever types what it prints has a working app with one add-on."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Final

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Machine
from fakes.two_brokers import ID, NEW, OLD, dying

from migrate import fault_points
from migrate.exits import Exit
from migrate.migration import EAGER, MARKER, READ, WRITE, Choices
from migrate.ways.closing import abandon

pytestmark = pytest.mark.crash

Words = Sequence[str]
Options = Mapping[str, str]
STRATEGIES = ("documented", "side-by-side", "bridge")
DIVERSION = {"side-by-side": "eager", "bridge": "bridge"}


def a_machine(strategy: str) -> Machine:
    return Machine("", FakeHeroku("CLOUDAMQP", "RABBIT"), choices=Choices(strategy))


@cache
def points(strategy: str) -> tuple[str, ...]:
    reached: dict[str, None] = {}
    with fault_points.armed(reached.setdefault):
        assert a_machine(strategy).begin().exit == Exit.DONE
    return tuple(reached)


def on_its_way_back(strategy: str) -> Machine:
    machine = a_machine(strategy)
    last = "drain" if strategy == "documented" else "verify"
    assert dying(machine, machine.begin, f"{last}: {fault_points.AFTER_DONE}") is None
    return machine


@cache
def points_back(strategy: str) -> tuple[str, ...]:
    reached: dict[str, None] = {}
    with fault_points.armed(reached.setdefault):
        assert on_its_way_back(strategy).roll_back().exit == Exit.ROLLED_BACK
    return tuple(reached)


def type_all(heroku: FakeHeroku, commands: Sequence[str]) -> None:
    """Do as somebody does who reads what stands behind a command, too."""
    for line in commands:
        command, _, remark = line.partition("    ")
        words = shlex.split(command)
        there = {*heroku.names, *(item.name for item in heroku.add_ons("shop"))}
        if remark.startswith("(unless") and heroku.add_ons("shop"):
            continue
        if remark.startswith("(if it is still there") and words[2] not in there:
            continue
        TYPED[words[1]](heroku, words[2:], dict(pairwise(words)))


def scale(heroku: FakeHeroku, words: Words, _options: Options) -> None:
    pairs = (word.split("=") for word in words if "=" in word)
    heroku.scale("shop", {name: int(count) for name, count in pairs})


def unset(heroku: FakeHeroku, words: Words, _options: Options) -> None:
    heroku.patch_config_vars("shop", dict.fromkeys(words[: words.index("--app")]))


def put_on_queue(heroku: FakeHeroku, words: Words, options: Options) -> None:
    for broker in heroku.brokers.values():
        broker.add_consumer([options["-d"]], words[-1])


TYPED: Final[dict[str, Callable[[FakeHeroku, Words, Options], object]]] = {
    "addons:create": lambda heroku, words, options: heroku.create_add_on(
        "shop", plan=words[0], name="by-hand", attachment=options["--as"]
    ),
    "addons:attach": lambda heroku, words, options: heroku.attach(
        "shop", add_on=words[0], name=options["--as"], replace=True
    ),
    "addons:detach": lambda heroku, words, _options: heroku.detach(f"id-{words[0]}"),
    "addons:destroy": lambda heroku, words, _options: heroku.delete_add_on("shop", words[0]),
    "config:unset": unset,
    "ps:scale": scale,
    "control": put_on_queue,
}


def check_working(machine: Machine, point: str) -> None:
    heroku = machine.heroku
    (add_on,) = heroku.add_ons("shop")
    assert set(heroku.names.values()) == {add_on.name}, point
    assert not {EAGER, MARKER, READ, WRITE} & heroku.config.keys(), point
    assert heroku.quantities == {"web": 1, "worker": 1}, point
    assert len(heroku.broker_of(add_on.name).consumers()) == 1, point


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_killed_at_any_point_of_the_way_there(strategy: str) -> None:
    for point in points(strategy):
        machine = a_machine(strategy)
        assert dying(machine, machine.begin, point) is None
        if machine.state != "running":
            continue

        given_up = abandon(machine.store, machine.store.record(ID), machine.clock)
        type_all(machine.heroku, given_up.next)

        check_working(machine, point)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_killed_at_any_point_of_the_way_back_it_stays_on_the_old_add_on(strategy: str) -> None:
    for point in points_back(strategy):
        machine = on_its_way_back(strategy)
        assert dying(machine, machine.roll_back, point) is None
        # Before it has turned round the way is the one there.
        back = [item.name for item in machine.store.entries(ID)].count("way-back") > 0

        given_up = abandon(machine.store, machine.store.record(ID), machine.clock)
        type_all(machine.heroku, given_up.next)

        check_working(machine, point)
        (add_on,) = machine.heroku.add_ons("shop")
        assert add_on.name == (OLD if back or strategy == "documented" else NEW), point


@pytest.mark.parametrize("strategy", ["side-by-side", "bridge"])
@pytest.mark.parametrize(
    "fails",
    [
        {"move CLOUDAMQP to cloudamqp:bunny"},
        {"detach CLOUDAMQP", "move CLOUDAMQP to cloudamqp:bunny"},
        {"detach RABBIT", "move RABBIT to cloudamqp:bunny"},
        {"attach CLOUDAMQP_OLD"},
    ],
    ids=["attach", "both", "both of the second", "spare"],
)
@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
def test_given_up_where_a_release_failed(strategy: str, fails: set[str], *, back: bool) -> None:
    machine = a_machine(strategy)
    machine.heroku.fails = fails
    assert machine.begin().code in {"NAME_NOT_MOVED", "RELEASE_FAILED"}
    if back:
        # Before its release nothing was diverted that would be put back.
        undone = "remove-new" if "attach CLOUDAMQP_OLD" in fails else f"{DIVERSION[strategy]}-back"
        assert dying(machine, machine.roll_back, f"{undone}: {fault_points.BEFORE_INTENT}") is None
    machine.heroku.fails = set()

    given_up = abandon(machine.store, machine.store.record(ID), machine.clock)
    type_all(machine.heroku, given_up.next)

    check_working(machine, str(fails))
