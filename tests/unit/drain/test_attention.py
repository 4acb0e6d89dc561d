from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Machine

from migrate.drain.attention import LOOK_SECONDS, worker_trouble
from migrate.events import StepNoted
from migrate.platform import Dyno

if TYPE_CHECKING:
    from fakes.heroku import FakeBroker


def dyno(name: str, state: str = "up") -> Dyno:
    return Dyno(f"id-{name}", name, name.partition(".")[0], state, 7)


@pytest.mark.parametrize(
    ("dynos", "said"),
    [
        ((dyno("worker.1"), dyno("worker.2"), dyno("web.1", "crashed")), set()),
        ((dyno("worker.1"), dyno("worker.2", "starting")), set()),
        (
            (dyno("worker.1"), dyno("worker.2", "crashed")),
            {"worker.2 has crashed, and drains nothing. heroku logs --dyno worker.2 --app shop"},
        ),
        (
            (dyno("web.1"),),
            {"No worker dyno is there any more, where there were 2. heroku ps:scale worker=2 --app shop"},
        ),
    ],
)
def test_what_keeps_workers_from_draining(dynos: tuple[Dyno, ...], said: set[str]) -> None:
    assert worker_trouble("shop", {"worker": 2, "mails": 0}, dynos) == said


def test_a_worker_that_crashes_while_it_drains_is_said_at_once_and_once() -> None:
    machine = Machine("", FakeHeroku())
    old = machine.heroku.broker_of("cloudamqp-old-1")
    old.ready = 20

    def crash_for_a_while(_broker: FakeBroker) -> None:
        began.append(machine.clock.monotonic())
        machine.heroku.crashed = machine.clock.monotonic() - began[0] < 4 * LOOK_SECONDS

    began: list[float] = []
    old.on_look = crash_for_a_while
    result = machine.begin()

    assert result.code == "DONE", result.why
    notes = [event.text for event in machine.events if isinstance(event, StepNoted)]
    assert [text for text in notes if "crashed" in text] == [
        "worker.1 has crashed, and drains nothing. heroku logs --dyno worker.1 --app shop"
    ]
