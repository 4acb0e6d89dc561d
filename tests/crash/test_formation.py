"""Worker dynos that are scaled to 0 on the way come back as they were, whatever happens in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after

from migrate.errors import HerokuRefused, OutcomeUnknown
from migrate.events import StepNoted
from migrate.exits import Exit
from migrate.ways import adoption, closing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.crash

STARTED = ("run mig-7f3k2q:worker.1:1", "run mig-7f3k2q:worker.2:1")
STOPPED = ("stop run.1001", "stop run.1002")
WRITES = ("scale worker=0", "set eager", *STARTED, "remove", *STOPPED, "add", "unset eager", "scale worker=2")
ID = "mig-7f3k2q"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(f"sqlite:///{tmp_path / 'store'}", FakeHeroku(), changes={"drain_by": "dynos"})
    machine.heroku.quantities["worker"] = 2
    machine.heroku.reads_variable = True
    machine.heroku.broker_of("cloudamqp-old-1").ready = 3
    return machine


def notes(machine: Machine) -> str:
    return " ".join(event.text for event in machine.events if isinstance(event, StepNoted))


def killed_after(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()


def test_the_workers_are_at_rest_before_their_dynos_are_ended_and_come_back_at_the_end(machine: Machine) -> None:
    off: list[set[str]] = []
    machine.heroku.before = lambda _write: off.append(set(machine.heroku.broker_of("cloudamqp-old-1").off))

    assert machine.begin().exit == Exit.DONE

    assert tuple(machine.heroku.writes) == WRITES
    assert len(off[0]) == 2
    assert machine.heroku.quantities == {"web": 1, "worker": 2}


def test_dynos_that_are_slow_to_go_are_waited_for(machine: Machine) -> None:
    machine.heroku.lingering = 30

    assert machine.begin().exit == Exit.DONE
    assert machine.heroku.lingering < 0


@pytest.mark.parametrize("write", ["scale worker=0", "scale worker=2"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Killed(), OutcomeUnknown("no reply")])
def test_killed_or_left_without_a_reply_around_a_scaling(
    machine: Machine, write: str, moment: str, error: BaseException
) -> None:
    setattr(machine.heroku, moment, once(write, error))

    result = machine.finish()
    if result.exit == Exit.OUTCOME_UNKNOWN:
        result = machine.resume()

    assert result.exit == Exit.DONE, result.why
    assert tuple(machine.heroku.writes) == WRITES
    assert machine.heroku.quantities == {"web": 1, "worker": 2}


def test_a_refused_scaling_puts_the_workers_back_on_their_queues(machine: Machine) -> None:
    machine.heroku.before = once("scale worker=0", HerokuRefused("no"))

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.FAILED, "HEROKU_REFUSED")
    assert stopped.state == "Nothing was changed on shop."
    assert len(machine.heroku.broker_of("cloudamqp-old-1").consumers()) == 2


def test_a_refused_restoration_leaves_a_state_and_a_way_on(machine: Machine) -> None:
    machine.heroku.before = once("scale worker=2", HerokuRefused("no"))

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "HEROKU_REFUSED")
    assert "Its worker dynos are scaled to 0 (worker=2 before)." in stopped.state
    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.quantities["worker"] == 2


def test_a_formation_that_somebody_has_changed_since_is_left_alone_and_said(machine: Machine) -> None:
    killed_after(machine, "eager-off")
    machine.heroku.scale("shop", {"worker": 3})

    assert machine.resume().exit == Exit.DONE

    assert machine.heroku.quantities["worker"] == 3
    assert "worker was at 2 and is at 3: somebody else's doing" in notes(machine)


def test_what_somebody_scaled_before_the_call_was_made_is_what_comes_back(machine: Machine) -> None:
    machine.heroku.before = once("scale worker=0", Killed())
    with pytest.raises(Killed):
        machine.begin()
    machine.heroku.quantities["worker"] = 3

    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.quantities["worker"] == 3


def test_workers_that_somebody_scales_up_before_the_eager_release_stop_it(machine: Machine) -> None:
    killed_after(machine, "workers-down")
    machine.heroku.scale("shop", {"worker": 1})

    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert stopped.next[0] == "heroku ps:scale worker=0 --app shop"
    assert "set eager" not in machine.heroku.writes
    machine.heroku.scale("shop", {"worker": 0})
    assert machine.resume().exit == Exit.DONE


@pytest.mark.parametrize("step", ["workers-down", "eager-on", "drain"])
def test_undone_the_formation_is_as_it_was(machine: Machine, step: str) -> None:
    killed_after(machine, step)
    assert machine.heroku.quantities["worker"] == 0

    assert machine.roll_back().exit == Exit.ROLLED_BACK

    assert machine.heroku.quantities == {"web": 1, "worker": 2}
    assert len(machine.heroku.broker_of("cloudamqp-old-1").consumers()) == 2


def test_given_up_it_says_what_to_scale_by_hand(machine: Machine) -> None:
    killed_after(machine, "workers-down")
    machine.clock.sleep(3600)

    given_up = closing.abandon(machine.store, machine.store.record(ID), machine.clock)

    assert given_up.next == ("heroku ps:scale worker=2 --app shop",)
    assert "Its worker dynos are scaled to 0 (worker=2 before)." in given_up.state


@pytest.mark.parametrize("step", ["eager-on", "drain", "add"])
def test_another_machine_without_the_store_puts_it_back_too(machine: Machine, tmp_path: Path, step: str) -> None:
    killed_after(machine, step)
    heir = Machine(f"sqlite:///{tmp_path / 'another'}", machine.heroku, machine.clock)
    fake: Any = machine.heroku

    adoption.adopt(heir.store, fake, adoption.found_on_app(fake, "shop", heir.clock), heir.clock)

    assert heir.resume().exit == Exit.DONE
    assert tuple(machine.heroku.writes) == WRITES


def once(write: str, error: BaseException) -> Callable[[str], None]:
    raised: list[str] = []

    def call(now: str) -> None:
        if now == write and not raised:
            raised.append(now)
            raise error

    return call
