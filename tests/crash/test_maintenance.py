"""Maintenance mode is on during the swap, and off after it if this migration has switched it on, whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after

from migrate.errors import HerokuRefused, OutcomeUnknown
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.ways import adoption, closing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.crash

ID = "mig-7f3k2q"
WRITES = ("set eager", "maintenance on", "remove", "add", "unset eager", "maintenance off")


@pytest.fixture
def machine() -> Machine:
    return with_maintenance()


def with_maintenance(**choices: Any) -> Machine:
    return Machine("", FakeHeroku(), choices=Choices(**{"maintenance": True, **choices}))


def killed_after(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()
    machine.on_event = lambda _event: None
    machine.store.leases.clear()


def test_it_is_on_from_before_the_removal_until_tasks_go_to_the_new_broker(machine: Machine) -> None:
    assert machine.begin().exit == Exit.DONE

    assert tuple(machine.heroku.writes) == WRITES
    assert not machine.heroku.maintenance


@pytest.mark.parametrize(
    ("strategy", "swap"),
    [
        ("side-by-side", ["move CLOUDAMQP to cloudamqp:bunny", "unset eager"]),
        ("bridge", ["move CLOUDAMQP to cloudamqp:bunny", "unset bridge"]),
        ("in-place", ["change to cloudamqp:bunny"]),
    ],
)
def test_every_strategy_has_it_on_for_its_swap_alone(strategy: str, swap: list[str]) -> None:
    machine = with_maintenance(strategy=strategy, accepted=("IN_PLACE_UNLIKELY",))
    meanwhile: list[str] = []

    def look(write: str) -> None:
        if machine.heroku.maintenance and not write.startswith("maintenance"):
            meanwhile.append(write)

    machine.heroku.before = look

    assert machine.begin().exit == Exit.DONE
    assert meanwhile == swap
    assert not machine.heroku.maintenance


def test_in_place_the_workers_do_not_rest_while_it_is_switched_on() -> None:
    machine = with_maintenance(strategy="in-place", accepted=("IN_PLACE_UNLIKELY",))
    consumers: list[int] = []

    def look(write: str) -> None:
        if write == "maintenance on":
            consumers.append(len(machine.heroku.broker_of("cloudamqp-old-1").consumers()))

    machine.heroku.before = look

    assert machine.begin().exit == Exit.DONE
    assert consumers == [1]


@pytest.mark.parametrize("write", ["maintenance on", "maintenance off"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Killed(), OutcomeUnknown("no reply")])
def test_killed_or_left_without_a_reply_around_a_switch(
    machine: Machine, write: str, moment: str, error: BaseException
) -> None:
    setattr(machine.heroku, moment, once(write, error))

    result = machine.finish()
    if result.exit != Exit.DONE:
        assert result.next[0] == "heroku maintenance --app shop"
        assert write == "maintenance off" or "in maintenance mode is not known" in result.state
        result = machine.resume()

    assert result.exit == Exit.DONE
    assert tuple(machine.heroku.writes) == WRITES
    assert not machine.heroku.maintenance


def test_the_way_back_switches_it_off(machine: Machine) -> None:
    killed_after(machine, "maintenance-on")

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert not machine.heroku.maintenance


@pytest.mark.parametrize(
    ("strategy", "step"), [("side-by-side", "reattach"), ("bridge", "reattach"), ("in-place", "maintenance-on")]
)
def test_the_way_back_of_every_strategy_switches_it_off(strategy: str, step: str) -> None:
    machine = with_maintenance(strategy=strategy, accepted=("IN_PLACE_UNLIKELY",))
    killed_after(machine, step)
    assert machine.heroku.maintenance

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert not machine.heroku.maintenance


def test_what_was_on_before_stays_on(machine: Machine) -> None:
    machine.heroku.maintenance = True

    assert machine.begin().exit == Exit.DONE
    assert machine.heroku.maintenance
    assert tuple(machine.heroku.writes) == ("set eager", "remove", "add", "unset eager")


def test_what_somebody_switches_on_meanwhile_stays_on(machine: Machine) -> None:
    killed_after(machine, "drain")
    machine.heroku.maintenance = True

    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.maintenance


def test_it_is_said_as_long_as_it_is_on_and_how_to_end_it(machine: Machine) -> None:
    machine.heroku.before = once("add", HerokuRefused("no", why="not today"))

    assert "shop is in maintenance mode, which this migration has turned on." in machine.begin().state
    machine.store.leases.clear()
    result = closing.abandon(machine.store, machine.store.record(ID), machine.clock)
    assert "heroku maintenance:off --app shop" in result.next


def test_nothing_is_said_of_it_once_it_is_off(machine: Machine) -> None:
    assert "maintenance" not in machine.begin().state


@pytest.mark.parametrize("step", ["drain", "maintenance-on", "add"])
def test_another_machine_without_the_store_switches_it_off(machine: Machine, tmp_path: Path, step: str) -> None:
    killed_after(machine, step)
    heir = Machine(f"sqlite:///{tmp_path / 'another'}", machine.heroku, machine.clock)
    fake: Any = machine.heroku

    adoption.adopt(heir.store, fake, adoption.found_on_app(fake, "shop", heir.clock), heir.clock)

    assert heir.resume().exit == Exit.DONE
    assert not machine.heroku.maintenance


def once(write: str, error: BaseException) -> Callable[[str], None]:
    raised: list[str] = []

    def call(now: str) -> None:
        if now == write and not raised:
            raised.append(now)
            raise error

    return call
