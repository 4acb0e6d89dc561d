"""The store is gone with its laptop: another machine goes on from the app itself, and each effect happens once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import amqp
import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after
from fakes.migrations import STEPS

from migrate.drain.leftovers import Leftovers, decided_anew
from migrate.errors import AppHeld, MigrationUnknown
from migrate.exits import Exit
from migrate.migration import EAGER, MARKER
from migrate.store.journal import Journal
from migrate.ways import adoption, closing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.crash

WRITES = ("set eager", "remove", "add", "attach RABBIT", "unset eager")
ID = "mig-7f3k2q"
NAMES = [step.name for step in STEPS]
MARKED = NAMES[NAMES.index("eager-on") : NAMES.index("eager-off")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(f"sqlite:///{tmp_path / 'lost.sqlite3'}", FakeHeroku("CLOUDAMQP", "RABBIT"))


def killed_after(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()


def another(machine: Machine, tmp_path: Path) -> Machine:
    return Machine(f"sqlite:///{tmp_path / 'another.sqlite3'}", machine.heroku, machine.clock)


def adopted(machine: Machine) -> None:
    fake: Any = machine.heroku
    adoption.adopt(machine.store, fake, adoption.found_on_app(fake, "shop", machine.clock), machine.clock)


@pytest.mark.parametrize("step", MARKED)
def test_another_machine_goes_on_from_every_step_between_the_marks(
    machine: Machine, tmp_path: Path, step: str
) -> None:
    killed_after(machine, step)
    heir = another(machine, tmp_path)

    adopted(heir)
    assert heir.resume().exit == Exit.DONE

    assert tuple(machine.heroku.writes) == WRITES
    assert [item.plan for item in machine.heroku.add_ons("shop")] == ["cloudamqp:bunny"]
    assert set(machine.heroku.config) == {"CLOUDAMQP_URL", "RABBIT_URL"}


@pytest.mark.parametrize("write", ["remove", "add", "attach RABBIT"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_around_a_call_and_the_store_is_gone(
    machine: Machine, tmp_path: Path, write: str, moment: str
) -> None:
    def die(now: str) -> None:
        if now == write:
            raise Killed

    setattr(machine.heroku, moment, die)
    with pytest.raises(Killed):
        machine.begin()
    setattr(machine.heroku, moment, lambda _write: None)
    heir = another(machine, tmp_path)

    adopted(heir)
    assert heir.resume().exit == Exit.DONE
    assert tuple(machine.heroku.writes) == WRITES


def test_another_machine_can_undo_it_too(machine: Machine, tmp_path: Path) -> None:
    killed_after(machine, "drain")
    heir = another(machine, tmp_path)

    adopted(heir)
    assert heir.roll_back().exit == Exit.ROLLED_BACK
    assert tuple(machine.heroku.writes) == ("set eager", "unset eager")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("eager-on", "is in place with everything in it"),
        ("drain", "is in place with everything in it"),
        ("remove", "has no broker"),
        ("add", "has the new add-on on cloudamqp:bunny"),
    ],
)
def test_the_app_alone_tells_how_far_it_is_and_nothing_is_changed_by_asking(
    machine: Machine, step: str, said: str
) -> None:
    killed_after(machine, step)
    fake: Any = machine.heroku
    before = list(machine.heroku.writes)

    found = adoption.found_on_app(fake, "shop", machine.clock)

    assert said in found.state
    assert found.migration == machine.store.record("mig-7f3k2q").migration
    assert machine.heroku.writes == before
    assert adoption.result(found).next == ("migrate-plan resume --app shop",)


def test_without_a_mark_there_is_nothing_to_go_on_with(machine: Machine) -> None:
    fake: Any = machine.heroku

    with pytest.raises(MigrationUnknown, match="no unfinished migration"):
        adoption.found_on_app(fake, "shop", machine.clock)


@pytest.mark.parametrize("mark", ["hands off, Eve", "mig-abc234 to cloudamqp:bunny by eve@laptop since long ago"])
def test_a_mark_that_is_not_understood_is_left_to_people(machine: Machine, mark: str) -> None:
    machine.heroku.patch_config_vars("shop", {MARKER: mark})
    fake: Any = machine.heroku

    with pytest.raises(AppHeld) as refused:
        adoption.found_on_app(fake, "shop", machine.clock)

    assert mark in refused.value.what


def test_a_mark_that_was_copied_from_another_app_is_not_believed(machine: Machine, tmp_path: Path) -> None:
    killed_after(machine, "eager-on")
    heir = another(machine, tmp_path)
    fake: Any = heir.heroku

    with pytest.raises(AppHeld):
        adoption.found_on_app(fake, "other-app", machine.clock)


@pytest.mark.parametrize("step", ["eager-on", "add"])
@pytest.mark.parametrize("call", ["append", "create", "set_state"])
def test_killed_while_it_adopts_another_try_goes_on(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, call: str
) -> None:
    killed_after(machine, step)
    heir = another(machine, tmp_path)
    killed = KilledAfterFirst(getattr(heir.store, call))
    monkeypatch.setattr(heir.store, call, killed)

    with pytest.raises(Killed):
        adopted(heir)
    if heir.store.unfinished("shop") is None:
        adopted(heir)

    assert heir.resume().exit == Exit.DONE
    assert tuple(machine.heroku.writes) == WRITES


def test_what_was_carried_out_by_a_decision_that_is_lost_with_the_store_is_asked_for(tmp_path: Path) -> None:
    machine = Machine(f"sqlite:///{tmp_path / 'lost.sqlite3'}", FakeHeroku(), spools=tmp_path / "here")
    old = machine.heroku.broker_of("cloudamqp-old-1").mover
    letter = amqp.Message(b"", application_headers={"id": "task-1"})._serialize_properties(), b"[]"
    machine.heroku.after = lambda write: old.messages.append(letter) if write == "set eager" else None
    assert machine.begin().code == "NOT_DRAINED"
    migration, journal = machine.store.record(ID).migration, Journal(machine.store, ID, machine.clock)
    machine.store.amend(decided_anew(migration, journal, Leftovers("carry")))
    machine.on_event = kill_after("remove")
    with pytest.raises(Killed):
        machine.resume()
    heir = another(machine, tmp_path)
    heir.spools = tmp_path / "there"

    adopted(heir)
    stopped = heir.resume()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "SPOOL_MISSING")
    heir.spools = machine.spools
    assert heir.resume().exit == Exit.DONE
    assert machine.heroku.broker_of("cloudamqp-mig-7f3k2q").mover.messages == [letter]
    assert machine.heroku.quantities == {"web": 1, "worker": 1}


def test_one_that_was_abandoned_here_while_the_app_still_carries_its_mark_is_opened_again(machine: Machine) -> None:
    killed_after(machine, "remove")
    machine.clock.sleep(3600)  # the lease runs out
    closing.abandon(machine.store, machine.store.record("mig-7f3k2q"), machine.clock)

    adopted(machine)

    assert machine.resume().exit == Exit.DONE
    assert tuple(machine.heroku.writes) == WRITES


def test_one_that_is_done_is_not_opened_again_by_a_mark_that_came_back(machine: Machine) -> None:
    heroku = machine.heroku
    killed_after(machine, "eager-on")
    mark = heroku.config[MARKER]
    assert machine.resume().exit == Exit.DONE
    heroku.patch_config_vars("shop", {EAGER: "True", MARKER: mark})

    with pytest.raises(AppHeld, match="mig-7f3k2q again, which is done") as refused:
        adopted(machine)

    assert refused.value.next == "heroku config:unset CELERY_ALWAYS_EAGER MIGRATE_PLAN --app shop"
    assert machine.state == "done"


class KilledAfterFirst:
    """A method of a store whose process dies right after its first call, and which works from then on."""

    def __init__(self, method: Callable[..., object]) -> None:
        self.method, self.calls = method, 0

    def __call__(self, *args: object) -> object:
        self.calls += 1
        result = self.method(*args)
        if self.calls == 1:
            raise Killed
        return result
