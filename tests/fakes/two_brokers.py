"""A migration with two add-ons over the fake Heroku, stopped where a test wants it, and how it may end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import amqp
import pytest

from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after
from migrate import fault_points
from migrate.migration import Choices
from migrate.ways import adoption

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrate.events import Result

OLD: Final = "cloudamqp-old-1"
NEW: Final = "cloudamqp-mig-7f3k2q"
ID: Final = "mig-7f3k2q"
TWO: Final = ("side-by-side", "bridge")


def a_machine(folder: Path, strategy: str, **choices: Any) -> Machine:
    heroku = FakeHeroku("CLOUDAMQP", "RABBIT")
    machine = Machine("", heroku, choices=Choices(strategy, **choices), spools=folder)
    heroku.broker_of(OLD).ready = 3
    return machine


def stopped_at(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()
    machine.store.leases.clear()


def check_as_it_was(machine: Machine) -> None:
    heroku = machine.heroku
    assert [item.name for item in heroku.add_ons("shop")] == [OLD]
    assert heroku.names == {"CLOUDAMQP": OLD, "RABBIT": OLD}
    assert set(heroku.config) == {"CLOUDAMQP_URL", "RABBIT_URL"}
    assert heroku.quantities == {"web": 1, "worker": 1}
    assert len(heroku.broker_of(OLD).consumers()) == 1
    assert heroku.broker_of(OLD).ready + heroku.broker_of(OLD).taken == 3
    assert machine.state == "rolled-back"


def check_moved(machine: Machine) -> None:
    heroku = machine.heroku
    assert [item.plan for item in heroku.add_ons("shop")] == ["cloudamqp:bunny"]
    assert heroku.names == {"CLOUDAMQP": NEW, "RABBIT": NEW}
    assert set(heroku.config) == {"CLOUDAMQP_URL", "RABBIT_URL"}
    assert heroku.quantities == {"web": 1, "worker": 1}
    assert len(heroku.broker_of(NEW).consumers()) == 1
    assert machine.state == "done"


def a_letter(number: int) -> tuple[bytes, bytes]:
    properties = amqp.Message(b"", application_headers={"id": f"task-{number}", "task": "shop.tasks.send"})
    return properties._serialize_properties(), f"[{number}]".encode()


def stopped_at_next(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.resume()
    machine.store.leases.clear()


def dying(machine: Machine, run: Callable[[], Result], point: str) -> Result | None:
    dead: list[str] = []

    def die(reached: str) -> None:
        if reached == point and not dead:
            dead.append(point)
            raise Killed

    try:
        with fault_points.armed(die):
            return run()
    except Killed:
        machine.store.leases.clear()
        return None


def once(write: str, error: BaseException) -> Callable[[str], None]:
    raised: list[str] = []

    def call(now: str) -> None:
        if now == write and not raised:
            raised.append(now)
            raise error

    return call


def an_heir(machine: Machine, folder: Path) -> Machine:
    """Another machine, without the store, that has read the app's mark."""
    heir = Machine(f"sqlite:///{folder / 'another.sqlite3'}", machine.heroku, machine.clock, spools=folder)
    fake: Any = machine.heroku
    adoption.adopt(heir.store, fake, adoption.found_on_app(fake, "shop", heir.clock), heir.clock)
    return heir


def reached(run: Callable[[], Result]) -> tuple[str, ...]:
    """Return the points that a process reaches, each once."""
    points: dict[str, None] = {}
    with fault_points.armed(points.setdefault):
        run()
    return tuple(points)


def on_its_way_back(folder: Path, strategy: str) -> Machine:
    """Return one whose workers were seen on the new broker, and that may go back."""
    machine = a_machine(folder, strategy)
    stopped_at(machine, "verify")
    return machine
