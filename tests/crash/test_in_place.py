"""A plan changed in place: the broker stays, and so do its workers, but their connections may not."""

from __future__ import annotations

import pytest
from fakes.heroku import FakeBroker, FakeHeroku
from fakes.machine import Machine

from migrate.events import StepNoted
from migrate.exits import Exit
from migrate.migration import Choices

pytestmark = pytest.mark.crash

LONG = 10**6


@pytest.fixture
def machine() -> Machine:
    machine = Machine("", FakeHeroku("CLOUDAMQP"), choices=Choices("in-place", ("IN_PLACE_UNLIKELY",)))
    machine.heroku.plan_change_releases = False
    return machine


def old_broker(machine: Machine) -> FakeBroker:
    return machine.heroku.broker_of("cloudamqp-old-1")


def drop_connections(machine: Machine, misses: int) -> None:
    """Have the change of the plan drop the connections of the workers, which miss so many roll calls then."""

    def after(write: str) -> None:
        if write.startswith("change to "):
            old_broker(machine).reconnecting = misses

    machine.heroku.after = after


def test_workers_whose_connections_were_dropped_are_put_back_on_their_queues_once_they_answer(
    machine: Machine,
) -> None:
    drop_connections(machine, misses=7)

    assert machine.begin().exit == Exit.DONE
    assert (old_broker(machine).off, old_broker(machine).reconnecting) == (set(), 0)
    assert not [event.text for event in machine.events if isinstance(event, StepNoted) and "put back" in event.text]


def test_workers_that_do_not_come_back_are_told_and_are_put_back_by_going_on(machine: Machine) -> None:
    drop_connections(machine, misses=LONG)
    stopped = machine.begin()
    old_broker(machine).reconnecting = 0

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "WAIT_EXPIRED")
    assert stopped.what == "The workers did not come back to the broker."
    assert machine.resume().exit == Exit.DONE
    assert old_broker(machine).off == set()
