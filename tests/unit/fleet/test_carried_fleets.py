"""A fleet that is carried: what a message that is lost, late or twice does, and what workers do beside their work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from fakes.fleets import FakeAccount, FakeFleet, a_fleet
from msgspec.structs import replace

from migrate.errors import FleetBrokerUnusable, StoreUnusable
from migrate.events import StepStarted
from migrate.exits import Exit
from migrate.fleet.carrying import BROKER, SENT_SECONDS, Rounds, Sender, carried_to
from migrate.fleet.crew import Loop, Threads
from migrate.fleet.members import Word
from migrate.store.fleets import Fleets

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.events import Event


@dataclass
class FakeCarrier:
    """Keeps what is sent until somebody takes it."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False

    def send(self, fleet: str, app: str) -> None:
        if self.broken:
            raise FleetBrokerUnusable("It does not answer.")
        self.sent.append((fleet, app))


@pytest.fixture
def fakes(tmp_path: Path) -> FakeFleet:
    return FakeFleet(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeAccount.of("a", "b"))


def rounds(fakes: FakeFleet, carrier: Any, me: str = "worker") -> Rounds:
    said: list[str] = []
    desk = fakes.desk(me)
    return Rounds(desk, Threads(desk), Sender(replace(desk, me=BROKER), carrier, said.append))


def look(fakes: FakeFleet, carrier: FakeCarrier, me: str = "worker") -> None:
    """Work on what was sent, as a worker does."""
    desk = fakes.desk(me)
    while carrier.sent:
        carried_to(desk, Threads(desk), *carrier.sent.pop(0))


def test_what_may_begin_is_sent_once_and_worked_on_by_who_takes_it(fakes: FakeFleet) -> None:
    carrier, fleet = FakeCarrier(), a_fleet("a", "b", carried=True)
    fakes.create(fleet)
    worker = rounds(fakes, carrier)

    worker.make()
    worker.make()

    assert carrier.sent == [(fleet.id, "a"), (fleet.id, "b")]
    carrier.sent.append((fleet.id, "a"))
    look(fakes, carrier)
    worker.make()
    assert fakes.store.fleets.standing(fleet.id).word == Word.ENDED
    fakes.account.check_moved_once("a", "b")


def test_a_message_that_is_lost_is_sent_once_more_after_a_while(fakes: FakeFleet) -> None:
    carrier, fleet = FakeCarrier(), a_fleet("a", carried=True)
    fakes.create(fleet)
    worker = rounds(fakes, carrier)
    worker.make()
    carrier.sent.clear()

    worker.make()
    assert not carrier.sent
    fakes.clock.sleep(SENT_SECONDS + 1)
    worker.make()

    assert carrier.sent == [(fleet.id, "a")]


def test_a_broker_that_does_not_take_an_app_leaves_it_as_it_was(fakes: FakeFleet) -> None:
    carrier, fleet = FakeCarrier(broken=True), a_fleet("a", carried=True)
    fakes.create(fleet)
    worker = rounds(fakes, carrier)

    worker.make()

    assert fakes.states(fleet) == {"a": "waiting"}
    carrier.broken = False
    worker.make()
    look(fakes, carrier)
    fakes.account.check_moved_once("a")


def test_a_fleet_that_nobody_carries_is_left_to_its_own_process(fakes: FakeFleet) -> None:
    carrier = FakeCarrier()
    fakes.create(a_fleet("a"))

    rounds(fakes, carrier).make()

    assert not carrier.sent


def test_an_app_that_somebody_has_is_not_worked_on_by_another(fakes: FakeFleet) -> None:
    carrier, fleet = FakeCarrier(), a_fleet("a", carried=True)
    fakes.create(fleet)
    rounds(fakes, carrier).make()
    assert fakes.store.fleets.take(fleet.id, "a", "first", BROKER)

    look(fakes, carrier, "second")

    assert fakes.account.writes()["a"] == ()


def test_a_worker_tells_its_apps_that_the_fleet_was_stopped(fakes: FakeFleet) -> None:
    carrier, fleet = FakeCarrier(), a_fleet("a", carried=True)
    fakes.create(fleet)
    desk = fakes.desk("worker")
    threads = Threads(desk)
    worker = Rounds(desk, threads, Sender(replace(desk, me=BROKER), carrier, lambda _text: None))  # type: ignore[arg-type]  # stands for Carrier
    worker.make()

    def on_event(_app: str, event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == "drain":
            fakes.store.fleets.say(fleet.id, Word.STOPPING)
            worker.make()

    fakes.on_event = on_event
    carried_to(desk, threads, *carrier.sent.pop())

    assert fakes.states(fleet) == {"a": "stopped"}


def test_a_store_that_fails_in_the_middle_is_waited_for_and_the_app_goes_on(fakes: FakeFleet) -> None:
    fleet = a_fleet("a")
    fakes.create(fleet)
    append, failing = fakes.store.append, [3]

    def fail_thrice(*args: Any) -> None:
        if fakes.account.writes()["a"] == ("set eager",) and failing[0]:
            failing[0] -= 1
            raise StoreUnusable("The store cannot be used.")
        append(*args)

    fakes.store.append = fail_thrice  # type: ignore[assignment]  # a fault

    standing = fakes.process(fleet)

    assert (failing, [member.exit for member in standing.members]) == ([0], [Exit.DONE])
    fakes.account.check_moved_once("a")


def test_a_store_that_fails_before_anything_is_changed_is_waited_for_too(fakes: FakeFleet) -> None:
    fleet = a_fleet("a", allowed_failures=0)
    fakes.create(fleet)
    append, failing = fakes.store.append, [1]

    def fail_once(*args: Any) -> None:
        if failing[0]:
            failing[0] -= 1
            raise StoreUnusable("The store cannot be used.")
        append(*args)

    fakes.store.append = fail_once  # type: ignore[assignment]  # a fault

    standing = fakes.process(fleet)

    assert (failing, [member.exit for member in standing.members]) == ([0], [Exit.DONE])
    fakes.account.check_moved_once("a")


def test_a_store_that_fails_when_a_message_comes_is_asked_again_and_the_app_is_worked_on(
    fakes: FakeFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier, fleet = FakeCarrier(), a_fleet("a", carried=True)
    fakes.create(fleet)
    rounds(fakes, carrier).make()
    take, failing = Fleets.take, [2]

    def fail_twice(*args: Any) -> Any:
        if failing[0]:
            failing[0] -= 1
            raise StoreUnusable("canceling statement due to lock timeout")
        return take(*args)

    monkeypatch.setattr(Fleets, "take", fail_twice)

    look(fakes, carrier)

    assert fakes.clock.monotonic() < SENT_SECONDS
    fakes.account.check_moved_once("a")


def test_whoever_watches_may_end_without_harm(fakes: FakeFleet) -> None:
    carrier, fleet = FakeCarrier(), a_fleet("a", carried=True)
    fakes.create(fleet)
    desk = replace(fakes.desk("watcher"), me=BROKER)
    sender = Sender(desk, carrier, lambda _text: None)  # type: ignore[arg-type]  # stands for Carrier
    loop = Loop(desk, sender, fleet.id, lambda _standing, _verdict: look(fakes, carrier), seconds=SENT_SECONDS)

    loop.run()

    fakes.account.check_moved_once("a")
