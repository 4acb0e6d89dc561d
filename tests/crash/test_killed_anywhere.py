"""Killed at any instruction, or left without an answer, and resumed: the same end, every effect once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after
from fakes.migrations import STEPS

from migrate.errors import AccountStopped, HerokuRefused, OutcomeUnknown, TokenRefused
from migrate.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrate.errors import MigrateError
    from migrate.store.records import Entry
    from migrate.store.store import Store

pytestmark = pytest.mark.crash

WRITES = ("set eager", "remove", "add", "attach RABBIT", "unset eager")
LOOK_AT = {
    "set eager": "heroku releases --app shop    (does one after v1 name CELERY_ALWAYS_EAGER, MIGRATE_PLAN?)",
    "remove": "heroku addons --app shop    (is cloudamqp-old-1 still there?)",
    "add": "heroku addons --app shop    (is cloudamqp-mig-7f3k2q there?)",
    "attach RABBIT": "heroku addons --app shop    (is cloudamqp-mig-7f3k2q there as RABBIT?)",
    "unset eager": "heroku releases --app shop    (does one after v5 name CELERY_ALWAYS_EAGER, MIGRATE_PLAN?)",
}
LINES = 34
"""More than an undisturbed journal has lines; the test below holds it to that."""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeHeroku("CLOUDAMQP", "RABBIT"))


def check_moved(machine: Machine, writes: tuple[str, ...] = WRITES) -> None:
    heroku = machine.heroku
    assert tuple(heroku.writes) == writes
    assert [item.plan for item in heroku.add_ons("shop")] == ["cloudamqp:bunny"]
    assert sorted(heroku.names) == ["CLOUDAMQP", "RABBIT"]
    assert set(heroku.config) == {"CLOUDAMQP_URL", "RABBIT_URL"}
    (label,) = heroku.connected
    assert heroku.brokers[label].consumers()


def test_undisturbed(machine: Machine) -> None:
    machine.heroku.broker_of("cloudamqp-old-1").ready = 5

    assert machine.begin().exit == Exit.DONE

    check_moved(machine)
    assert machine.heroku.broker_of("cloudamqp-old-1").taken == 5
    assert len(machine.store.entries("mig-7f3k2q")) < LINES


@pytest.mark.parametrize("step", [step.name for step in STEPS])
def test_killed_between_any_two_steps(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)

    with pytest.raises(Killed):
        machine.begin()

    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("line", range(LINES))
def test_killed_at_any_line_of_the_journal(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, line: int, *, written: bool
) -> None:
    kill_at_line(machine.store, monkeypatch, line, written=written)

    assert machine.finish().exit == Exit.DONE
    check_moved(machine)


def kill_at_line(store: Store, monkeypatch: pytest.MonkeyPatch, line: int, *, written: bool) -> None:
    append = store.append
    dead: list[int] = []

    def append_or_die(migration: str, sequence: int, entry: Entry) -> None:
        dies = sequence == line and not dead
        if written or not dies:
            append(migration, sequence, entry)
        if dies:
            dead.append(line)
            raise Killed

    monkeypatch.setattr(store, "append", append_or_die)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_around_any_call(machine: Machine, write: str, moment: str) -> None:
    setattr(machine.heroku, moment, once(write, Killed()))

    with pytest.raises(Killed):
        machine.begin()

    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


@pytest.mark.parametrize("write", WRITES)
def test_a_lost_reply_is_settled_by_asking_and_nothing_is_sent_twice(machine: Machine, write: str) -> None:
    machine.heroku.after = once(write, OutcomeUnknown("no reply"))

    assert machine.begin().exit == Exit.DONE
    check_moved(machine)


@pytest.mark.parametrize("write", WRITES)
def test_a_call_that_got_lost_on_its_way_is_sent_again_on_resume_only(machine: Machine, write: str) -> None:
    machine.heroku.before = once(write, OutcomeUnknown("no reply", why="The call was sent, and then: HTTP 503."))

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.OUTCOME_UNKNOWN, "OUTCOME_UNKNOWN")
    assert write not in machine.heroku.writes
    assert "not known" in stopped.state or write == "attach RABBIT"
    assert "HTTP 503. The effect was looked for during 60 s" in stopped.why
    assert stopped.next == (LOOK_AT[write], "migrate-plan resume mig-7f3k2q")
    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


@pytest.mark.parametrize("refusal", [HerokuRefused, AccountStopped, TokenRefused])
@pytest.mark.parametrize("write", WRITES)
def test_a_refused_call_leaves_no_dead_end(machine: Machine, write: str, refusal: type[MigrateError]) -> None:
    machine.heroku.before = once(write, refusal("no", why="in Heroku's words"))

    stopped = machine.begin()

    first = write == "set eager"
    assert stopped.exit == (Exit.FAILED if first else Exit.RESUMABLE)
    assert ("Nothing was changed" in stopped.state) == first
    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


@pytest.mark.parametrize("write", ["set eager", "remove", "add", "attach RABBIT"])
def test_a_call_that_arrives_after_it_was_sent_again_is_found_behind_its_refusal(
    machine: Machine, write: str
) -> None:
    machine.heroku.before = once(write, OutcomeUnknown("no reply"))
    assert machine.begin().exit == Exit.OUTCOME_UNKNOWN
    arrived: list[str] = []

    def refuse_the_second(now: str) -> None:
        if now == write and arrived:
            raise HerokuRefused("no", why="the first one has arrived meanwhile")

    def arrive_first(now: str) -> None:
        if now == write and not arrived:
            arrived.append(now)
            raise HerokuRefused("no", why="the first one has arrived meanwhile")

    machine.heroku.before = refuse_the_second
    machine.heroku.after = arrive_first

    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


def test_a_clock_that_is_behind_does_not_make_it_wait_for_long(machine: Machine) -> None:
    machine.heroku.before = once("remove", Killed())
    with pytest.raises(Killed):
        machine.begin()
    machine.clock.sleep(-4000)
    machine.heroku.before = lambda _write: None
    before = machine.clock.monotonic()

    assert machine.resume().exit == Exit.DONE
    assert machine.clock.monotonic() - before < 600


def once(write: str, error: BaseException) -> Callable[[str], None]:
    raised: list[str] = []

    def call(now: str) -> None:
        if now == write and not raised:
            raised.append(now)
            raise error

    return call
