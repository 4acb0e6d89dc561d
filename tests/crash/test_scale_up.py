"""A queue that nobody consumes: worker dynos are started for the drain, and put back to what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after
from fakes.migrations import a_migration

from migrate.errors import OutcomeUnknown, PreflightRefused, UsageError
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.strategies import planned
from migrate.ways import adoption, closing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrate.events import Result

pytestmark = pytest.mark.crash

ID = "mig-7f3k2q"
NAMES = [step.name for step in planned(a_migration(scale_up={"worker": 1}))]
WRITES = ["scale worker=1", "set eager", "remove", "add", "unset eager", "scale worker=0"]


@pytest.fixture
def machine() -> Machine:
    machine = Machine("", FakeHeroku(), choices=Choices(drain_dynos=False, scale_up={"worker": 1}))
    machine.heroku.quantities["worker"] = 0
    machine.heroku.broker_of("cloudamqp-old-1").ready = 5
    return machine


def check_moved(machine: Machine, result: Result) -> None:
    old = machine.heroku.broker_of("cloudamqp-old-1")
    assert result.exit == Exit.DONE, (result.code, result.what, result.why)
    assert machine.heroku.writes == WRITES
    assert (old.gone, old.taken, old.taken_eagerly) == (True, 5, 0)
    assert machine.heroku.quantities == {"web": 1, "worker": 0}


def test_without_it_nothing_begins_and_it_is_offered(machine: Machine) -> None:
    machine.choices = Choices()

    with pytest.raises(PreflightRefused) as refused:
        machine.begin()

    assert "--scale-up worker=1" in refused.value.next


def test_workers_are_started_drain_and_are_put_back_to_0(machine: Machine) -> None:
    check_moved(machine, machine.begin())


def test_at_rest_before_they_are_put_back(machine: Machine) -> None:
    off: dict[str, bool] = {}

    def before(write: str) -> None:
        (label,) = machine.heroku.connected or {""}
        off[write] = bool(label) and not machine.heroku.brokers[label].consuming

    machine.heroku.before = before
    machine.begin()

    assert off["scale worker=0"]


@pytest.mark.parametrize("step", NAMES)
def test_killed_after_any_step(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()

    check_moved(machine, machine.resume())


@pytest.mark.parametrize("write", ["scale worker=1", "scale worker=0"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Killed(), OutcomeUnknown("no reply")])
def test_killed_or_left_without_a_reply_around_a_scaling(
    machine: Machine, write: str, moment: str, error: BaseException
) -> None:
    setattr(machine.heroku, moment, once(write, error))

    result = machine.finish()
    if result.exit == Exit.OUTCOME_UNKNOWN:
        result = machine.resume()

    check_moved(machine, result)


@pytest.mark.parametrize("step", NAMES[: NAMES.index("remove")])
def test_undone_they_are_as_many_as_before(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()
    started = "scale worker=1" in machine.heroku.writes

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    assert machine.heroku.quantities == {"web": 1, "worker": 0}
    assert machine.heroku.writes.count("scale worker=0") == started
    old = machine.heroku.broker_of("cloudamqp-old-1")
    assert old.taken + old.ready == 5


def test_it_says_that_they_are_scaled_up_and_what_to_type(machine: Machine) -> None:
    machine.on_event = kill_after("scale-up")
    with pytest.raises(Killed):
        machine.begin()
    machine.clock.sleep(3600)

    given_up = closing.abandon(machine.store, machine.store.record(ID), machine.clock)

    assert "Its worker dynos are scaled up (worker=0 before)." in given_up.state
    assert given_up.next[-1] == "heroku ps:scale worker=0 --app shop"


def test_workers_that_promise_nothing_stop_it_before_the_eager_release(machine: Machine) -> None:
    machine.heroku.reads_variable = True

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "WORKERS_EAGER")
    assert "--drain-dynos" in stopped.next[0]
    assert machine.heroku.writes == ["scale worker=1"]
    assert machine.roll_back().exit == Exit.ROLLED_BACK


def test_by_itself_dynos_drain_for_nobody_can_say_whether_workers_would_be_eager(machine: Machine) -> None:
    machine.choices = Choices(scale_up={"worker": 2})
    machine.heroku.reads_variable = True

    assert machine.begin().exit == Exit.DONE

    old = machine.heroku.broker_of("cloudamqp-old-1")
    assert (old.taken, old.taken_eagerly) == (5, 0)
    assert [write for write in machine.heroku.writes if write.startswith("run ")] == [
        f"run {ID}:worker.1:1",
        f"run {ID}:worker.2:1",
    ]
    assert machine.heroku.quantities == {"web": 1, "worker": 0}
    assert machine.heroku.one_offs == []


def test_one_that_runs_already_is_left_as_it_is(machine: Machine) -> None:
    machine.heroku.quantities["worker"] = 3

    assert machine.begin().exit == Exit.DONE
    assert machine.heroku.quantities["worker"] == 3
    assert not [write for write in machine.heroku.writes if write.startswith("scale ") and "=" in write]


def test_a_process_type_that_does_not_exist_is_a_typing_error(machine: Machine) -> None:
    machine.choices = Choices(scale_up={"wroker": 1})

    with pytest.raises(UsageError, match="no process type wroker"):
        machine.begin()


@pytest.mark.parametrize("step", ["eager-on", "drain", "add"])
def test_another_machine_without_the_store_puts_them_back(machine: Machine, tmp_path: Path, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()
    heir = Machine(f"sqlite:///{tmp_path / 'another'}", machine.heroku, machine.clock)
    fake: Any = machine.heroku

    adoption.adopt(heir.store, fake, adoption.found_on_app(fake, "shop", heir.clock), heir.clock)

    check_moved(heir, heir.resume())


def once(write: str, error: BaseException) -> Callable[[str], None]:
    raised: list[str] = []

    def call(now: str) -> None:
        if now == write and not raised:
            raised.append(now)
            raise error

    return call
