"""Workers that do not come to rest: whichever way out, they are back on their queues, or the loss was accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine

from migrate.brokers.report import RunningTask
from migrate.events import StepDone, StepNoted, StepStarted, StepWaiting
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.ways import closing

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.heroku import FakeBroker

    from migrate.events import Event

pytestmark = pytest.mark.crash

OLD = "cloudamqp-old-1"
LONG = (RunningTask("task-1", "shop.tasks.report", None, acknowledged=True),)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeHeroku())


def at_work(machine: Machine) -> FakeBroker:
    """The broker that the app's variable names."""
    return machine.heroku.open(machine.heroku.config, "CLOUDAMQP_URL")


def busy_after(machine: Machine, step: str) -> None:
    def on_event(event: Event) -> None:
        if isinstance(event, StepDone) and event.step == step:
            at_work(machine).running = LONG

    machine.on_event = on_event


@pytest.mark.parametrize("step", ["preflight", "quiesce"])
def test_a_task_that_outlasts_the_wait_leaves_the_workers_on_their_queues_and_the_app_unchanged(
    machine: Machine, step: str
) -> None:
    busy_after(machine, step)

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.FAILED, "WORKERS_BUSY")
    assert "shop.tasks.report" in stopped.why
    assert "Nothing was changed" in stopped.state
    assert stopped.next == ("migrate-plan --to bunny --app shop --quiesce-timeout 3600",)
    assert machine.heroku.broker_of(OLD).off == set()
    assert machine.heroku.writes == []


@pytest.mark.parametrize("step", ["add", "quiesce-again"])
def test_on_the_new_broker_it_is_resumed_with_a_longer_wait(machine: Machine, step: str) -> None:
    busy_after(machine, step)

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "WORKERS_BUSY")
    assert stopped.next == ("migrate-plan resume mig-7f3k2q --quiesce-timeout 3600",)
    assert at_work(machine).off == set()
    at_work(machine).running = ()
    machine.on_event = lambda _event: None
    assert machine.resume().exit == Exit.DONE


def test_as_many_as_were_accepted_are_killed_and_that_is_said(machine: Machine) -> None:
    machine.choices = Choices(accepted=("TASKS_KILLED=1",))

    def on_event(event: Event) -> None:
        if isinstance(event, StepDone) and event.step == "preflight":
            at_work(machine).running = LONG
        if isinstance(event, StepStarted) and event.step == "drain":
            at_work(machine).running = ()

    machine.on_event = on_event
    assert machine.begin().exit == Exit.DONE
    notes = [event.text for event in machine.events if isinstance(event, StepNoted)]
    assert any("Going on as accepted" in text and "lose 1" in text for text in notes)


def test_killed_while_it_waits_it_can_be_abandoned_with_the_lines_that_put_each_worker_back(machine: Machine) -> None:
    def die(event: Event) -> None:
        if isinstance(event, StepWaiting) and event.step == "quiesce":
            raise Killed

    broker = machine.heroku.broker_of(OLD)
    broker.running = LONG
    machine.on_event = die
    with pytest.raises(Killed):
        machine.begin()
    (name,) = broker.off
    machine.store.release_lease("shop", machine.store.holder("shop"))

    result = closing.abandon(machine.store, machine.store.record("mig-7f3k2q"), machine.clock)

    assert result.next == (f"celery control -d {name} add_consumer celery",)


def test_killed_while_it_waits_it_is_undone_by_putting_the_workers_back(machine: Machine) -> None:
    def die(event: Event) -> None:
        if isinstance(event, StepWaiting) and event.step == "quiesce":
            machine.on_event = lambda _event: None
            raise Killed

    broker = machine.heroku.broker_of(OLD)
    broker.running = LONG
    machine.on_event = die
    with pytest.raises(Killed):
        machine.begin()

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert broker.off == set()
