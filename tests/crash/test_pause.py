"""What the operator has paused is started again, once and as it was, whatever happens in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after

from migrate.errors import HerokuRefused, OutcomeUnknown, UsageError
from migrate.events import StepNoted
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.planning import opening
from migrate.survey import survey
from migrate.ways import adoption, closing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.crash

ID = "mig-7f3k2q"
WRITES = ("scale clock=0", "set eager", "remove", "add", "unset eager", "scale clock=2")
BEFORE = {"web": 1, "worker": 1, "clock": 2}


@pytest.fixture
def machine() -> Machine:
    return paused()


def paused(**choices: Any) -> Machine:
    machine = Machine("", FakeHeroku(), choices=Choices(**{"paused": ("clock",), **choices}))
    machine.heroku.quantities["clock"] = 2
    return machine


def killed_after(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()
    machine.on_event = lambda _event: None
    machine.store.leases.clear()


def notes(machine: Machine) -> str:
    return " ".join(event.text for event in machine.events if isinstance(event, StepNoted))


def test_it_is_gone_before_the_eager_release_and_back_at_the_end(machine: Machine) -> None:
    machine.heroku.lingering = 30

    assert machine.begin().exit == Exit.DONE

    assert tuple(machine.heroku.writes) == WRITES
    assert machine.heroku.lingering < 0, "dynos that are slow to go were not waited for"
    assert machine.heroku.quantities == BEFORE


@pytest.mark.parametrize("strategy", ["side-by-side", "bridge", "in-place"])
def test_every_strategy_pauses_and_starts_again(strategy: str) -> None:
    machine = paused(strategy=strategy, accepted=("IN_PLACE_UNLIKELY",))

    assert machine.begin().exit == Exit.DONE
    assert machine.heroku.writes[0] == "scale clock=0"
    assert machine.heroku.writes.count("scale clock=2") == 1
    assert machine.heroku.quantities == BEFORE


@pytest.mark.parametrize("write", ["scale clock=0", "scale clock=2"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Killed(), OutcomeUnknown("no reply")])
def test_killed_or_left_without_a_reply_around_a_scaling(
    machine: Machine, write: str, moment: str, error: BaseException
) -> None:
    setattr(machine.heroku, moment, once(write, error))

    result = machine.finish()
    if result.exit != Exit.DONE:
        assert "not known" in result.state or write == "scale clock=2"
        assert result.next[0].startswith("heroku ps --app shop")
        result = machine.resume()

    assert result.exit == Exit.DONE
    assert tuple(machine.heroku.writes) == WRITES


def test_a_refused_scaling_changes_nothing(machine: Machine) -> None:
    machine.heroku.before = once("scale clock=0", HerokuRefused("no", why="not today"))

    stopped = machine.begin()

    assert (stopped.exit, stopped.state) == (Exit.FAILED, "Nothing was changed on shop.")
    assert machine.resume().exit == Exit.DONE


@pytest.mark.parametrize("step", ["pause", "quiesce", "eager-on", "drain"])
def test_the_way_back_starts_it_again(machine: Machine, step: str) -> None:
    killed_after(machine, step)

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert machine.heroku.quantities == BEFORE
    assert machine.heroku.writes.count("scale clock=2") == 1


def test_it_is_said_as_long_as_it_is_paused(machine: Machine) -> None:
    machine.heroku.before = once("remove", HerokuRefused("no", why="not today"))

    assert "Paused: clock=2 (before)." in machine.begin().state
    assert "Paused" not in machine.resume().state


def test_who_gives_up_is_told_how_to_start_it_again(machine: Machine) -> None:
    killed_after(machine, "drain")

    result = closing.abandon(machine.store, machine.store.record(ID), machine.clock)

    assert "heroku ps:scale clock=2 --app shop" in result.next


def test_somebody_who_starts_it_at_once_is_not_overruled(machine: Machine) -> None:
    killed_after(machine, "pause")
    machine.heroku.quantities["clock"] = 1

    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert stopped.next[0] == "heroku ps:scale clock=0 --app shop"
    machine.heroku.quantities["clock"] = 0
    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.quantities == BEFORE


def test_what_somebody_has_scaled_meanwhile_is_left_so_and_said(machine: Machine) -> None:
    killed_after(machine, "drain")
    machine.heroku.quantities["clock"] = 1

    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.quantities["clock"] == 1
    assert "clock was paused and is at 1: somebody else's doing, which is left so." in notes(machine)


@pytest.mark.parametrize("step", ["eager-on", "add"])
def test_another_machine_without_the_store_starts_it_again(machine: Machine, tmp_path: Path, step: str) -> None:
    killed_after(machine, step)
    heir = Machine(f"sqlite:///{tmp_path / 'another'}", machine.heroku, machine.clock)
    fake: Any = machine.heroku

    adoption.adopt(heir.store, fake, adoption.found_on_app(fake, "shop", heir.clock), heir.clock)

    assert heir.resume().exit == Exit.DONE
    assert tuple(machine.heroku.writes) == WRITES


def test_the_preview_shows_what_is_paused_and_does_not_warn_of_beat_that_is(machine: Machine) -> None:
    fake: Any = machine.heroku
    facts = survey(fake, fake, "shop", fake.add_ons("shop")[0], "cloudamqp:bunny")

    shown = opening.preview(facts, machine.migration())

    steps = {step.step: step for step in shown.steps}
    assert steps["pause"].command == "heroku ps:scale clock=0 --app shop"
    assert steps["unpause"].command == "heroku ps:scale clock=2 --app shop"
    assert "BEAT_RUNS" not in [finding.code for finding in shown.findings]


@pytest.mark.parametrize(
    ("named", "said"), [("clerk", "no process type clerk to pause"), ("worker", "runs a Celery worker")]
)
def test_what_cannot_be_paused_is_refused_before_anything_is_done(named: str, said: str) -> None:
    machine = paused(paused=(named,))

    with pytest.raises(UsageError, match=said):
        machine.begin()
    assert machine.heroku.writes == []


def once(write: str, error: BaseException) -> Callable[[str], None]:
    raised: list[str] = []

    def call(now: str) -> None:
        if now == write and not raised:
            raised.append(now)
            raise error

    return call
