"""A fleet over fake Herokus and a real store: begun, stopped, gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.fleets import FakeAccount, FakeFleet, a_fleet
from msgspec.structs import replace

from migrate.errors import FleetOverlaps, FleetUnknown, HerokuRefused, RateLimited
from migrate.events import EffectConfirmed, EffectRequested, Event, StepStarted
from migrate.exits import Exit
from migrate.fleet.halting import Halt
from migrate.fleet.members import AppState, Word
from migrate.fleet.seeing import caught_up, seen
from migrate.fleet.verdicts import verdict
from migrate.fleet.work import work
from migrate.store.fleets import HOLD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

APPS = ("a", "b", "c", "d")


@pytest.fixture
def fakes(tmp_path: Path) -> FakeFleet:
    return FakeFleet(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeAccount.of(*APPS))


def on_step(app: str, step: str, do: Callable[[], None]) -> Callable[[str, Event], None]:
    def on_event(about: str, event: Event) -> None:
        if about == app and isinstance(event, StepStarted) and event.step == step:
            do()

    return on_event


def test_all_apps_are_moved_and_each_once(fakes: FakeFleet) -> None:
    fleet = a_fleet(*APPS)
    fakes.create(fleet)

    standing = fakes.process(fleet)

    assert standing.word == Word.ENDED
    fakes.account.check_moved_once(*APPS)
    assert {member.exit for member in standing.members} == {Exit.DONE}
    assert all(member.eager_seconds for member in standing.members)


def test_an_app_that_is_on_the_plan_already_is_left_alone(fakes: FakeFleet) -> None:
    (add_on,) = fakes.account.apps["a"].add_ons("a")
    fakes.account.apps["a"].change_plan("a", add_on.name, "cloudamqp:bunny")
    fleet = a_fleet("a", "b")
    fakes.create(fleet)

    fakes.process(fleet)

    assert fakes.states(fleet) == {"a": "done", "b": "done"}
    assert fakes.account.writes()["a"] == ("change to cloudamqp:bunny",)


def test_an_app_whose_preflight_refuses_is_refused_and_the_others_go_on(fakes: FakeFleet) -> None:
    fakes.account.apps["a"].broker_of("cloudamqp-old-a").gone = True
    fleet = a_fleet("a", "b", allowed_failures=0)
    fakes.create(fleet)

    (refused, _) = fakes.process(fleet).members

    assert fakes.states(fleet) == {"a": "refused", "b": "done"}
    assert (refused.exit, refused.code) == (Exit.REFUSED, "PREFLIGHT_REFUSED")
    assert fakes.account.writes()["a"] == ()


def test_failures_beyond_the_threshold_keep_the_rest_from_beginning(fakes: FakeFleet) -> None:
    def refuse(write: str) -> None:
        if write == "remove":
            raise HerokuRefused("Heroku says no.")

    fakes.account.apps["a"].before = refuse
    fleet = a_fleet(*APPS, waves=(("a",), ("b", "c", "d")), allowed_failures=0)
    fakes.create(fleet)

    standing = fakes.process(fleet)

    assert (standing.word, standing.why) == (Word.STOPPING, "1 app failed, and no more than 0 may.")
    assert fakes.states(fleet) == {"a": "failed", "b": "waiting", "c": "waiting", "d": "waiting"}
    (failed, *_) = standing.members
    assert (failed.code, failed.exit, failed.next) == ("HEROKU_REFUSED", Exit.RESUMABLE, "migrate-plan resume mig-a")


def test_a_wave_waits_for_a_word_and_the_next_one_after_it(fakes: FakeFleet) -> None:
    fleet = a_fleet(*APPS, waves=(("a",), ("b",), ("c", "d")), auto=False)
    fakes.create(fleet)

    assert seen(fakes.store, fakes.process(fleet), fakes.clock).gate == 2
    assert fakes.states(fleet) == {"a": "done", "b": "waiting", "c": "waiting", "d": "waiting"}
    fakes.store.fleets.go_on(fleet.id, opened=2, tolerated=0)
    assert seen(fakes.store, fakes.process(fleet), fakes.clock).gate == 3
    fakes.store.fleets.go_on(fleet.id, opened=3, tolerated=0)
    assert fakes.process(fleet).word == Word.ENDED
    fakes.account.check_moved_once(*APPS)


def test_a_paused_fleet_finishes_what_has_begun_and_goes_on_when_told(fakes: FakeFleet) -> None:
    fleet = a_fleet(*APPS, parallel=1)
    fakes.create(fleet)
    fakes.on_event = on_step("b", "drain", lambda: fakes.store.fleets.say(fleet.id, Word.PAUSED))

    fakes.process(fleet)

    assert fakes.states(fleet) == {"a": "done", "b": "done", "c": "waiting", "d": "waiting"}
    fakes.store.fleets.go_on(fleet.id, opened=1, tolerated=0)
    fakes.process(fleet)
    fakes.account.check_moved_once(*APPS)


def stop_in(fakes: FakeFleet, when: Callable[[Event], bool]) -> None:
    """Stop the fleet while ``a`` is at some point, as the loop of its process would hear of it."""
    halts: dict[str, Halt] = {}
    fakes.on_start = halts.__setitem__

    def on_event(app: str, event: Event) -> None:
        if app == "a" and when(event):
            fakes.store.fleets.say("fleet-7f3k2q", Word.STOPPING)
            halts["a"].ask_before(Exit.INTERRUPTED)

    fakes.on_event = on_event


def test_an_app_does_not_begin_before_heroku_has_calls_for_it(fakes: FakeFleet) -> None:
    fleet = a_fleet("a")
    fakes.create(fleet)
    fakes.spare = lambda now, _others: now > 600

    fakes.process(fleet)

    assert fakes.clock.monotonic() > 600
    fakes.account.check_moved_once("a")


def test_heroku_has_said_how_many_calls_are_left_before_any_app_begins_on_them(fakes: FakeFleet) -> None:
    fleet, said = a_fleet("a"), list[str]()
    fakes.create(fleet)
    fakes.account.apps["a"].on_read = said.append
    known = list[bool]()

    def spare(_now: float, _others: int) -> bool:
        known.append(bool(said))
        return True

    fakes.spare = spare
    fakes.process(fleet)

    assert set(known) == {True}


def test_apps_begin_as_far_as_there_are_calls_beside_those_that_have_begun_elsewhere(fakes: FakeFleet) -> None:
    fleet = a_fleet(*APPS)
    fakes.create(fleet)
    fakes.store.fleets.hand_out(fleet.id, "elsewhere", verdict)
    asked = list[int]()

    def for_two(others: int) -> bool:
        asked.append(others)
        return others < 2

    begun = [fakes.store.fleets.begin(fleet.id, app, for_two) for app in (*APPS, "a")]

    assert begun == [True, True, False, False, True], "what was let stays so"
    assert asked == [0, 1, 2, 2]


def test_an_app_that_waits_again_or_was_left_by_a_process_that_died_keeps_no_calls(fakes: FakeFleet) -> None:
    fleet, fleets, asked = a_fleet(*APPS), fakes.store.fleets, list[int]()
    fakes.create(fleet)
    _, found = fleets.hand_out(fleet.id, "elsewhere", verdict)
    for app in ("a", "b", "c"):
        assert fleets.begin(fleet.id, app, lambda _others: True)
    fleets.settle(fleet.id, replace(found.starts[0], state=AppState.WAITING), "elsewhere")
    fakes.clock.sleep(HOLD_SECONDS + 1)
    fleets.keep("elsewhere", ["b"])

    def ask(others: int) -> bool:
        asked.append(others)
        return True

    assert fleets.begin(fleet.id, "d", ask)

    assert asked == [1]
    assert {member.app for member in fleets.standing(fleet.id).members if member.began_at} == {"b", "c", "d"}


def test_an_app_that_waits_for_calls_has_not_begun(fakes: FakeFleet) -> None:
    fleet = a_fleet("a")
    fakes.create(fleet)
    fakes.store.fleets.hand_out(fleet.id, "elsewhere", verdict)

    assert not fakes.store.fleets.begin(fleet.id, "a", lambda _others: False)

    (row,) = seen(fakes.store, fakes.store.fleets.standing(fleet.id), fakes.clock).apps
    assert (row.migration, row.seconds) == ("", None)


def test_an_app_for_which_the_calls_ran_out_before_it_began_waits_and_has_not_failed(fakes: FakeFleet) -> None:
    fleet, refused = a_fleet("a", allowed_failures=0), [1]
    fakes.create(fleet)

    def no_calls(_read: str) -> None:
        if refused:
            refused.pop()
            raise RateLimited("This account has 0 calls left at Heroku.")

    fakes.account.apps["a"].on_read = no_calls

    fakes.process(fleet)

    assert not refused
    fakes.account.check_moved_once("a")


def test_an_app_before_its_point_of_no_return_is_stopped_and_goes_on_when_told(fakes: FakeFleet) -> None:
    fleet = a_fleet("a", "b", parallel=1)
    fakes.create(fleet)
    stop_in(fakes, lambda event: isinstance(event, StepStarted) and event.step == "drain")

    fakes.process(fleet)

    assert fakes.states(fleet) == {"a": "stopped", "b": "waiting"}
    assert fakes.account.writes()["a"] == ("set eager",)
    fakes.store.fleets.go_on(fleet.id, opened=1, tolerated=0)
    fakes.on_event = lambda _app, _event: None
    fakes.process(fleet)
    fakes.account.check_moved_once("a", "b")


@pytest.mark.parametrize("kind", [EffectRequested, EffectConfirmed])
def test_an_app_beyond_its_point_of_no_return_is_finished(fakes: FakeFleet, kind: type[EffectRequested]) -> None:
    fleet = a_fleet("a", "b", parallel=1)
    fakes.create(fleet)
    stop_in(fakes, lambda event: isinstance(event, kind) and event.effect == "remove")

    fakes.process(fleet)

    assert fakes.states(fleet) == {"a": "done", "b": "waiting"}
    fakes.account.check_moved_once("a")


def test_an_app_that_was_stopped_before_it_changed_anything_waits_again(fakes: FakeFleet) -> None:
    fleet = a_fleet("a")
    fakes.create(fleet)
    stop_in(fakes, lambda event: isinstance(event, StepStarted) and event.step == "preflight")

    fakes.process(fleet)

    assert fakes.states(fleet) == {"a": "waiting"}
    assert fakes.account.writes()["a"] == ()


def test_the_signal_of_one_process_leaves_its_app_to_the_next_which_needs_no_word(fakes: FakeFleet) -> None:
    fleet = a_fleet("a")
    fakes.create(fleet)
    halts: dict[str, Halt] = {}
    fakes.on_start = halts.__setitem__
    fakes.on_event = on_step("a", "drain", lambda: halts["a"].ask(Exit.TERMINATED))
    (member,) = fakes.store.fleets.hand_out(fleet.id, "first", verdict)[1].starts
    fakes.on_start("a", halt := Halt())

    left = work(fakes.desk("first"), fleet.id, member, halt)

    assert (left.state, left.exit) == (AppState.WORKING, None)
    assert fakes.store.fleets.standing(fleet.id).members[0].lapsed
    fakes.on_event = lambda _app, _event: None
    fakes.process(fleet, "second")
    fakes.account.check_moved_once("a")


def test_an_app_that_somebody_finished_by_hand_is_done(fakes: FakeFleet) -> None:
    fleet = a_fleet("a")
    fakes.create(fleet)
    stop_in(fakes, lambda event: isinstance(event, StepStarted) and event.step == "drain")
    standing = fakes.process(fleet)
    assert fakes.states(fleet) == {"a": "stopped"}
    fakes.on_event = lambda _app, _event: None
    with fakes.tools(fleet, standing.members[0], Halt()) as tools:
        tools.runner(fleet, "a").resume(fakes.store.record("mig-a").migration)

    (member,) = caught_up(fakes.store, standing, fakes.clock).members

    assert (member.state, member.exit) == (AppState.DONE, Exit.DONE)
    assert member.eager_seconds


def test_two_fleets_do_not_share_an_app_while_one_is_under_way(fakes: FakeFleet) -> None:
    fleet, other = a_fleet("a", "b"), a_fleet("b", "c", id="fleet-222222", name="others")
    fakes.create(fleet)

    with pytest.raises(FleetOverlaps) as raised:
        fakes.create(other)

    assert raised.value.exit is Exit.HELD
    assert "b: in fleet brokers (fleet-7f3k2q) too." in raised.value.what
    fakes.process(fleet)
    fakes.create(other)


def test_a_stopped_fleet_lets_others_have_its_apps_and_must_ask_for_them_again(fakes: FakeFleet) -> None:
    fleet, other = a_fleet("a", "b"), a_fleet("b", "c", id="fleet-222222", name="others")
    fakes.create(fleet)
    fakes.store.fleets.say(fleet.id, Word.STOPPING)
    fakes.create(other)

    with pytest.raises(FleetOverlaps):
        fakes.store.fleets.go_on(fleet.id, opened=1, tolerated=0)


def test_a_fleet_is_found_by_its_name_or_id_and_otherwise_the_newest(fakes: FakeFleet) -> None:
    fakes.create(a_fleet("a"))
    fakes.clock.sleep(1)
    fakes.create(a_fleet("b", id="fleet-222222", name="others"))

    found = [fakes.store.fleets.find(name) for name in ("brokers", "fleet-7f3k2q", None)]

    assert found == ["fleet-7f3k2q", "fleet-7f3k2q", "fleet-222222"]
    with pytest.raises(FleetUnknown):
        fakes.store.fleets.find("nobody")
