"""Heroku out of reach, over its rate limit, or closed to the token, at any read and at any call of a migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine
from test_killed_anywhere import WRITES, check_moved, once

from migrate.changes.effects import SENDINGS
from migrate.clients.rate_limit import LONGEST_PAUSE
from migrate.drain.emptiness import FRESH_SECONDS
from migrate.errors import HerokuUnreachable, RateLimited, TokenRefused
from migrate.events import Event, StepStarted, StepWaiting
from migrate.exits import Exit
from migrate.holder import this_process
from migrate.results import Stopped
from migrate.run import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.errors import MigrateError

pytestmark = pytest.mark.crash

READS = 110
"""More than an undisturbed migration sends; the test below holds it to that."""
MINUTES = 60.0
OLD = "cloudamqp-old-1"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeHeroku("CLOUDAMQP", "RABBIT"))


class Outage:
    """From one read of a migration on nothing gets through to Heroku, for so many seconds."""

    def __init__(self, machine: Machine, seconds: float, first: int = 0) -> None:
        self._machine, self._seconds, self._left = machine, seconds, first
        self._end: float | None = None
        self.migration = machine.migration()
        machine.heroku.on_read = machine.heroku.before = self._meet

    def begin(self) -> None:
        self._left = 0

    def _meet(self, _call: str) -> None:
        now = self._machine.clock.monotonic()
        if self._end is None and self._left == 0:
            self._end = now + self._seconds
        self._left -= 1
        if self._end is not None and now < self._end:
            raise HerokuUnreachable("Heroku gave no usable answer.", why="HTTP 503.")


def begin_outage_at(machine: Machine, step: str, seconds: float) -> Outage:
    outage = Outage(machine, seconds, first=10 * READS)

    def on_event(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == step:
            outage.begin()

    machine.on_event = on_event
    return outage


def test_an_undisturbed_migration_sends_fewer_reads_than_are_disturbed_here(machine: Machine) -> None:
    reads: list[str] = []
    machine.heroku.on_read = reads.append

    assert machine.begin().exit == Exit.DONE
    assert len(reads) < READS


@pytest.mark.parametrize("read", range(0, READS, 2))
def test_an_outage_of_some_minutes_is_waited_out_once_anything_is_changed(machine: Machine, read: int) -> None:
    outage = Outage(machine, 3 * MINUTES, first=read)

    result = machine._runner().begin(outage.migration)

    if "Nothing was changed" in result.state:
        assert (result.exit, result.code, machine.heroku.writes) == (Exit.FAILED, "HEROKU_UNREACHABLE", [])
        machine.clock.sleep(3 * MINUTES)
        result = machine.resume()
    assert result.exit == Exit.DONE
    check_moved(machine)


@pytest.mark.parametrize("step", ["drain", "remove", "eager-off"])
def test_an_outage_is_told_and_keeps_the_lease(machine: Machine, step: str) -> None:
    outage = begin_outage_at(machine, step, 10 * MINUTES)
    begin, holders = machine.on_event, set[str | None]()

    def on_event(event: Event) -> None:
        begin(event)
        if isinstance(event, StepWaiting):
            holders.add(machine.store.holder("shop"))

    machine.on_event = on_event
    assert machine._runner().begin(outage.migration).exit == Exit.DONE

    told = [event for event in machine.events if isinstance(event, StepWaiting) and "HTTP 503" in event.reason]
    assert {event.step for event in told} == {step}
    assert len(told) >= 10
    assert holders == {this_process()}


@pytest.mark.parametrize("step", ["drain", "remove", "eager-off"])
def test_an_outage_beyond_the_limit_stops_and_can_be_resumed(machine: Machine, step: str) -> None:
    outage = begin_outage_at(machine, step, 10_000 * MINUTES)

    stopped = machine._runner().begin(outage.migration)

    assert (stopped.exit, stopped.code) in {(Exit.RESUMABLE, "HEROKU_UNREACHABLE"), (Exit.RESUMABLE, "WAIT_EXPIRED")}
    assert "HTTP 503" in stopped.why
    assert stopped.next[-1] == "migrate-plan resume mig-7f3k2q"
    machine.heroku.on_read = machine.heroku.before = lambda _call: None
    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


@pytest.mark.parametrize("trouble", [HerokuUnreachable, TokenRefused])
@pytest.mark.parametrize("moment", ["on_read", "before"])
def test_workers_that_rest_are_put_back_although_heroku_cannot_be_asked(
    machine: Machine, trouble: type[MigrateError], moment: str
) -> None:
    def refuse(_call: str) -> None:
        raise trouble("no")

    def on_event(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == "eager-on":
            assert machine.heroku.broker_of(OLD).off
            setattr(machine.heroku, moment, refuse)

    machine.on_event = on_event
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.FAILED, trouble.code)
    assert "Nothing was changed" in stopped.state
    assert machine.heroku.broker_of(OLD).off == set()


def test_a_proof_of_emptiness_that_an_outage_has_made_old_is_made_anew(machine: Machine) -> None:
    looks: list[float] = []
    machine.heroku.broker_of(OLD).on_look = lambda _broker: looks.append(machine.clock.monotonic())
    outage = begin_outage_at(machine, "remove", FRESH_SECONDS + 1)

    assert machine._runner().begin(outage.migration).exit == Exit.DONE

    window = [look for look in looks if looks[-1] - look <= FRESH_SECONDS]
    assert len(window) > 2, "one look more than the last one makes no watch"


def test_a_signal_ends_the_wait_for_heroku_and_waits_for_nothing_more(machine: Machine) -> None:
    outage = begin_outage_at(machine, "drain", 10 * MINUTES)
    begin = machine.on_event

    def interrupt(event: Event) -> None:
        begin(event)
        if isinstance(event, StepWaiting) and "HTTP 503" in event.reason:
            machine.on_event = lambda _event: None
            raise Stopped(Exit.INTERRUPTED)

    machine.on_event = interrupt
    stopped = machine._runner().begin(outage.migration)

    assert stopped.exit == Exit.INTERRUPTED
    assert machine.clock.monotonic() < MINUTES


@pytest.mark.parametrize("trouble", [HerokuUnreachable, RateLimited])
@pytest.mark.parametrize("write", WRITES)
def test_a_call_that_certainly_had_no_effect_is_guarded_anew_and_sent_again(
    machine: Machine, write: str, trouble: type[MigrateError]
) -> None:
    reads: list[str] = []
    machine.heroku.on_read = reads.append
    met = once(write, trouble("no", why="in Heroku's words"))
    asked: list[int] = []

    def before(now: str) -> None:
        asked.extend([len(reads)] if now == write else [])
        met(now)

    machine.heroku.before = before
    assert machine.begin().exit == Exit.DONE
    check_moved(machine)
    first, second = asked
    assert second > first


def test_an_outage_is_not_taken_for_an_effect_that_did_not_happen(machine: Machine) -> None:
    machine.heroku.after = once("add", Killed())
    with pytest.raises(Killed):
        machine.begin()

    def hide_add_ons(name: str) -> None:
        if name == "add_on":
            raise HerokuUnreachable("Heroku gave no usable answer.", why="HTTP 503.")

    machine.heroku.on_read = hide_add_ons
    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "HEROKU_UNREACHABLE")
    machine.heroku.on_read = lambda _name: None
    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


@pytest.mark.parametrize("write", WRITES)
def test_a_call_that_never_leaves_is_given_up_and_can_be_resumed(machine: Machine, write: str) -> None:
    sent: list[str] = []

    def refuse(now: str) -> None:
        if now == write:
            sent.append(now)
            raise HerokuUnreachable("It could not be sent.")

    machine.heroku.before = refuse
    stopped = machine.begin()

    assert len(sent) == SENDINGS
    assert stopped.code == "HEROKU_UNREACHABLE"
    machine.heroku.before = lambda _write: None
    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


@pytest.mark.parametrize("step", ["drain", "remove", "eager-off"])
def test_a_token_that_is_revoked_part_way_stops_and_a_new_one_goes_on(machine: Machine, step: str) -> None:
    def revoke(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == step:
            machine.heroku.on_read = machine.heroku.before = refuse

    def refuse(_call: str) -> None:
        raise TokenRefused("Heroku does not accept the token.", next="heroku login")

    machine.on_event = revoke
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "TOKEN_REFUSED")
    assert stopped.next == ("heroku login", "migrate-plan resume mig-7f3k2q")
    machine.on_event = lambda _event: None
    machine.heroku.on_read = machine.heroku.before = lambda _call: None
    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


def test_the_limit_of_an_outage_is_longer_than_any_pause_that_heroku_can_ask_for() -> None:
    assert Limits().outage.deadline > LONGEST_PAUSE
