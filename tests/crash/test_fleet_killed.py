"""Fifty apps, and processes that are killed at random points while they work on them: each app is moved, once."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from fakes.fleets import ONCE, FakeAccount, FakeFleet, a_fleet
from fakes.machine import Killed

from migrate.exits import Exit
from migrate.fault_points import armed
from migrate.fleet.halting import Halt
from migrate.fleet.members import AppState, Word
from migrate.fleet.verdicts import verdict
from migrate.fleet.work import work
from migrate.store.fleets import HOLD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.crash

MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder of its own is made in it
APPS = tuple(f"app-{number}" for number in range(50))


@pytest.fixture
def fakes() -> Iterator[FakeFleet]:
    # What is on the disk after a kill is held by other tests; here it is only slow.
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield FakeFleet(f"sqlite:///{folder}/store.sqlite3", FakeAccount.of(*APPS))


def one_in(odds: int, seed: int) -> Callable[[str], None]:
    """Return what kills a process at about one of so many points."""
    chance = random.Random(seed)

    def kill(_point: str) -> None:
        if not chance.randrange(odds):
            raise Killed

    return kill


def test_killed_at_random_points_and_gone_on_with_every_app_is_moved_once(fakes: FakeFleet) -> None:
    fleet = a_fleet(*APPS, waves=(APPS[:1], APPS[1:6], APPS[6:]))
    fakes.create(fleet)
    kill, processes = one_in(40, seed=9), 0

    while fakes.store.fleets.standing(fleet.id).word != Word.ENDED:
        processes += 1
        assert processes < 400
        try:
            with armed(kill):
                fakes.process(fleet, f"process {processes}")
        except Killed:
            fakes.clock.sleep(HOLD_SECONDS + 1)

    assert processes > 20
    fakes.account.check_moved_once(*APPS)


def test_an_app_that_is_handed_out_twice_is_worked_on_once(fakes: FakeFleet) -> None:
    fleet = a_fleet("app-0")
    fakes.create(fleet)
    (member,) = fakes.store.fleets.hand_out(fleet.id, "broker", verdict)[1].starts
    taken = [fakes.store.fleets.take(fleet.id, "app-0", me, "broker") for me in ("first", "second")]

    assert [bool(item) for item in taken] == [True, False]
    work(fakes.desk("first"), fleet.id, member, Halt())
    assert fakes.store.fleets.take(fleet.id, "app-0", "third", "broker") is None
    fakes.account.check_moved_once("app-0")


def test_stopped_at_random_moments_nothing_is_left_beyond_its_point_of_no_return(fakes: FakeFleet) -> None:
    apps = APPS[:12]
    fleet = a_fleet(*apps)
    fakes.create(fleet)
    chance, halts = random.Random(3), dict[str, Halt]()
    fakes.on_start = halts.__setitem__
    fakes.on_event = lambda app, _event: None if chance.randrange(25) else stop(fakes, halts[app])
    rounds = 0

    while fakes.store.fleets.standing(fleet.id).word != Word.ENDED:
        rounds += 1
        assert rounds < 100
        for member in fakes.process(fleet, f"process {rounds}").members:
            assert member.state in {AppState.DONE, AppState.STOPPED, AppState.WAITING}
            heroku = fakes.account.apps[member.app]
            assert "remove" not in heroku.writes or tuple(heroku.writes) == ONCE
        if fakes.store.fleets.standing(fleet.id).word == Word.STOPPING:
            fakes.store.fleets.go_on(fleet.id, opened=1, tolerated=0)

    assert rounds > 3
    fakes.account.check_moved_once(*apps)


def stop(fakes: FakeFleet, halt: Halt) -> None:
    """Tell the fleet to stop, and the app at hand that it was told."""
    if fakes.store.fleets.standing("fleet-7f3k2q").word == Word.RUNNING:
        fakes.store.fleets.say("fleet-7f3k2q", Word.STOPPING)
    halt.ask_before(Exit.INTERRUPTED)
