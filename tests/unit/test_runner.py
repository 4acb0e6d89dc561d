"""Single situations of a migration, over a fake Heroku that has no delays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku import FakeBroker, FakeHeroku
from fakes.machine import TARGET, Killed, Machine, kill_after
from fakes.migrations import STEPS
from msgspec.structs import replace

from migrate.errors import AppHeld, MigrationUnfinished, StoreUnusable
from migrate.events import (
    EffectRequested,
    Event,
    MigrationStarted,
    StepDone,
    StepNoted,
    StepSkipped,
    StepStarted,
    StepWaiting,
)
from migrate.exits import Exit
from migrate.facts import Surveyed
from migrate.results import Stopped
from migrate.steps.preflight import SURVEY_SECONDS
from migrate.store.records import State
from migrate.survey import survey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrate.platform import Release
    from migrate.store.records import Entry

OLD = "cloudamqp-old-1"
NAMES = [step.name for step in STEPS]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeHeroku())


def steps(machine: Machine, kind: type[StepStarted | StepDone | StepSkipped]) -> list[str]:
    return [event.step for event in machine.events if isinstance(event, kind)]


class Reads:
    """What is asked of Heroku, by step."""

    def __init__(self) -> None:
        self.of_step: dict[str, list[str]] = {}
        self.step = ""

    def hear(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self.step = event.step

    def append(self, read: str) -> None:
        self.of_step.setdefault(self.step, []).append(read)


def raise_at(step: str, error: BaseException) -> Callable[[Event], None]:
    def on_event(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == step:
            raise error

    return on_event


def test_every_step_is_started_and_done_in_the_order_of_the_strategy(machine: Machine) -> None:
    result = machine.begin()

    assert (result.exit, result.code) == (Exit.DONE, "DONE")
    assert steps(machine, StepStarted) == steps(machine, StepDone) == NAMES
    assert isinstance(machine.events[0], MigrationStarted)
    assert machine.store.record("mig-7f3k2q").state is State.DONE
    assert machine.store.holder("shop") is None


def test_the_eager_window_is_measured_between_the_two_releases(machine: Machine) -> None:
    seconds = machine.begin().eager_seconds

    assert seconds is not None
    assert 30 <= seconds < 60


def test_a_proof_from_before_a_crash_is_none_and_the_drain_is_done_anew(machine: Machine) -> None:
    machine.on_event = kill_after("drain")
    with pytest.raises(Killed):
        machine.begin()
    machine.events.clear()
    old = machine.heroku.broker_of(OLD)
    old.ready, taken = 3, old.taken

    assert machine.resume().exit == Exit.DONE

    assert steps(machine, StepSkipped) == ["preflight", "quiesce", "eager-on"]
    assert steps(machine, StepStarted)[0] == "drain"
    assert old.taken == taken + 3


def test_a_message_at_the_last_moment_keeps_the_old_add_on_until_it_is_worked_off(machine: Machine) -> None:
    old = machine.heroku.broker_of(OLD)
    looks: list[int] = []

    def leak(broker: FakeBroker) -> None:
        looks.append(1)
        if "drain" in steps(machine, StepDone) and "leaked" not in machine.heroku.writes:
            machine.heroku.writes.append("leaked")
            broker.ready = 4

    old.on_look = leak
    assert machine.begin().exit == Exit.DONE

    assert machine.heroku.writes[:3] == ["set eager", "leaked", "remove"]
    assert old.ready == 0
    assert any("Something moved" in event.text for event in machine.events if isinstance(event, StepNoted))


def test_an_old_broker_that_never_empties_is_never_removed(machine: Machine) -> None:
    old = machine.heroku.broker_of(OLD)
    old.on_look = lambda broker: setattr(broker, "ready", 2)

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "NOT_DRAINED")
    assert machine.heroku.writes == ["set eager"]
    assert "The old add-on cloudamqp-old-1 is in place" in stopped.state
    assert stopped.next[-1] == "migrate-plan resume mig-7f3k2q"


def test_an_old_broker_that_cannot_be_read_is_never_removed(machine: Machine) -> None:
    def vanish(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == "remove":
            machine.heroku.broker_of(OLD).gone = True

    machine.on_event = vanish

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "NOT_DRAINED")
    assert machine.heroku.writes == ["set eager"]


def test_somebody_who_unsets_the_eager_variable_stops_the_migration(machine: Machine) -> None:
    def meddle(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == "remove":
            machine.heroku.patch_config_vars("shop", {"CELERY_ALWAYS_EAGER": None})

    machine.on_event = meddle
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert "remove" not in machine.heroku.writes


def test_workers_that_turn_out_eager_are_taken_off_their_queues_and_nothing_is_removed(machine: Machine) -> None:
    def turn_eager(event: Event) -> None:
        if isinstance(event, StepDone) and event.step == "eager-on":
            machine.heroku.worker_settings = {"task_always_eager": True}

    machine.on_event = turn_eager
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "WORKERS_EAGER")
    assert machine.heroku.broker_of(OLD).off
    machine.heroku.worker_settings = {}
    machine.on_event = lambda _event: None
    assert machine.resume().exit == Exit.DONE


@pytest.mark.parametrize("survives", [False, True])
def test_a_failed_eager_release_gives_the_workers_their_queues_back(machine: Machine, *, survives: bool) -> None:
    machine.heroku.failed_changes_survive = survives
    machine.heroku.fails = {"set eager"}
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "RELEASE_FAILED")
    assert machine.heroku.broker_of(OLD).off == set()
    assert "the release with CELERY_ALWAYS_EAGER=True failed" in stopped.state
    machine.heroku.fails = set()
    assert machine.resume().code == "WORLD_CHANGED", "the newest release is a failed one"
    machine.heroku.patch_config_vars("shop", {"MENDED": "1"})
    machine.clock.sleep(60)
    assert machine.resume().exit == Exit.DONE
    assert "CELERY_ALWAYS_EAGER" not in machine.heroku.config


@pytest.mark.parametrize("survives", [False, True])
def test_a_failed_last_release_gives_the_workers_their_queues_back_and_can_be_resumed(
    machine: Machine, *, survives: bool
) -> None:
    machine.heroku.failed_changes_survive = survives
    machine.heroku.fails = {"unset eager"}
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "RELEASE_FAILED")
    assert machine.heroku.open(machine.heroku.config, "CLOUDAMQP_URL").off == set()
    machine.heroku.fails = set()
    assert machine.resume().exit == Exit.DONE
    assert "CELERY_ALWAYS_EAGER" not in machine.heroku.config


def test_an_add_on_that_is_not_provided_is_asked_for_again_under_another_name(machine: Machine) -> None:
    machine.heroku.provisions = False
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "ADD_ON_FAILED")
    assert "has no broker" in stopped.state
    machine.heroku.provisions = True
    del machine.heroku.all_add_ons["cloudamqp-mig-7f3k2q"]
    assert machine.resume().exit == Exit.DONE
    assert list(machine.heroku.all_add_ons) == ["cloudamqp-mig-7f3k2q-2"]


def test_an_add_on_attached_as_rabbit_comes_back_as_rabbit(tmp_path: Path) -> None:
    machine = Machine(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeHeroku("RABBIT"))

    assert machine.begin().exit == Exit.DONE

    assert list(machine.heroku.names) == ["RABBIT"]
    assert list(machine.heroku.config) == ["RABBIT_URL"]


def test_a_changed_app_is_noticed_under_the_lock_and_nothing_is_changed(machine: Machine) -> None:
    migration = machine.migration()
    machine.heroku.config["CELERY_ALWAYS_EAGER"] = "1"

    stopped = machine._runner().begin(migration)

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert machine.heroku.writes == []
    assert machine.store.record(migration.id).state is State.ENDED


def test_an_app_that_another_process_holds_is_left_alone(machine: Machine) -> None:
    machine.store.take_lease("shop", "mig-222222", "eve@elsewhere pid 1")

    with pytest.raises(AppHeld):
        machine.begin()
    assert machine.heroku.writes == []


def test_the_lease_of_a_process_that_is_dead_on_this_host_is_taken_over(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate.holder.is_dead", lambda holder: holder == "ann@here pid 9")
    machine.store.take_lease("shop", "mig-222222", "ann@here pid 9")

    assert machine.begin().exit == Exit.DONE


def test_a_lost_lease_stops_a_process_that_goes_on_waiting(machine: Machine) -> None:
    def steal(event: Event) -> None:
        if isinstance(event, StepWaiting) and event.step == "drain":
            machine.store.release_lease("shop", machine.store.holder("shop") or "")
            machine.store.take_lease("shop", "mig-7f3k2q", "eve@elsewhere pid 1")
            written.extend(machine.store.entries("mig-7f3k2q"))
            machine.on_event = lambda _event: None

    written: list[Entry] = []
    machine.on_event = steal
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.HELD, "APP_HELD")
    assert machine.store.holder("shop") == "eve@elsewhere pid 1"
    assert machine.store.entries("mig-7f3k2q") == tuple(written), "the journal is the other process's"
    assert machine.store.record("mig-7f3k2q").state is State.RUNNING


def test_a_process_that_was_overtaken_while_it_slept_makes_no_further_call(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = machine.store.append

    def sleep_before(migration: str, sequence: int, entry: Entry) -> None:
        if (entry.kind, entry.name) == ("intent", "remove"):
            monkeypatch.setattr(machine.store, "append", append)
            machine.store.release_lease("shop", machine.store.holder("shop") or "")
            assert machine.resume().exit == Exit.DONE
            done.extend(machine.heroku.writes)
        append(migration, sequence, entry)

    done: list[str] = []
    monkeypatch.setattr(machine.store, "append", sleep_before)
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.HELD, "APP_HELD")
    assert machine.heroku.writes == done
    assert machine.store.record("mig-7f3k2q").state is State.DONE


@pytest.mark.parametrize("status", [Exit.INTERRUPTED, Exit.TERMINATED])
@pytest.mark.parametrize("step", NAMES)
def test_a_signal_in_any_step_tells_the_state_and_how_to_go_on(machine: Machine, step: str, status: Exit) -> None:
    machine.on_event = raise_at(step, Stopped(status))
    stopped = machine.begin()

    changed = NAMES.index(step) > NAMES.index("eager-on")
    assert (stopped.exit, stopped.code) == (status, status.name)
    assert ("Nothing was changed" in stopped.state) != changed
    assert stopped.next == ("migrate-plan resume mig-7f3k2q" if changed else "migrate-plan --to bunny --app shop",)
    assert machine.heroku.broker_of(OLD).off == set() or NAMES.index(step) > NAMES.index("eager-on")
    machine.on_event = lambda _event: None
    assert machine.resume().exit == Exit.DONE


def test_a_fault_of_the_program_itself_stops_it_and_can_be_resumed(machine: Machine) -> None:
    machine.on_event = lambda _event: None
    machine.heroku.before = lambda write: 1 / 0 if write == "remove" else None  # type: ignore[assignment]

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "UNEXPECTED")
    assert "ZeroDivisionError" in stopped.what
    machine.heroku.before = lambda _write: None
    assert machine.resume().exit == Exit.DONE


def test_eager_workers_that_were_accepted_after_all_are_put_back_on_their_queues(machine: Machine) -> None:
    def turn_eager(event: Event) -> None:
        if isinstance(event, StepDone) and event.step == "eager-on":
            machine.heroku.worker_settings = {"CELERY_TASK_ALWAYS_EAGER": True}

    machine.on_event = turn_eager
    assert machine.begin().code == "WORKERS_EAGER"
    machine.heroku.broker_of(OLD).ready = 2
    machine.store.accept(machine.store.record("mig-7f3k2q").migration, ("WORKERS_MAY_BE_EAGER",))

    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.broker_of(OLD).taken == 2


def test_a_release_that_somebody_makes_in_the_drain_lets_its_old_dynos_end_first(machine: Machine) -> None:
    machine.on_event = kill_after("eager-on")
    with pytest.raises(Killed):
        machine.begin()
    machine.clock.sleep(3600)
    machine.heroku.patch_config_vars("shop", {"CELERY_ALWAYS_EAGER": "True", "OTHER": "1"})
    began = machine.clock.monotonic()
    machine.on_event = raise_at("remove", Stopped(Exit.INTERRUPTED))

    machine.resume()

    assert machine.clock.monotonic() - began >= 30


def test_a_drain_that_gives_up_names_each_queue(machine: Machine) -> None:
    machine.heroku.broker_of(OLD).on_look = lambda broker: setattr(broker, "ready", 2)

    assert "celery: 1 ready, 0 unacknowledged, consumers 1." in machine.begin().why


def test_a_store_that_fails_part_way_does_not_hide_the_state_of_the_app(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreUnusable("The disk is full.")

    def fill(event: Event) -> None:
        if isinstance(event, StepDone) and event.step == "drain":
            for name in ("append", "set_state", "release_lease"):
                monkeypatch.setattr(machine.store, name, full)

    machine.on_event = fill
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "STORE_UNUSABLE")
    assert "CELERY_ALWAYS_EAGER=True is set" in stopped.state
    assert machine.heroku.writes == ["set eager"]


def test_a_mark_that_appears_after_the_confirmation_stops_it_before_any_worker_is_touched(machine: Machine) -> None:
    migration = machine.migration()
    machine.heroku.patch_config_vars("shop", {"MIGRATE_PLAN": "mig-abc234 to cloudamqp:bunny by eve"})
    machine.heroku.writes.clear()
    old = machine.heroku.broker_of(OLD)
    touched: list[str] = []
    old.on_touch = touched.append

    stopped = machine._runner().begin(migration)

    assert (stopped.exit, stopped.code) == (Exit.HELD, "APP_HELD")
    assert "Nothing was changed" in stopped.state
    assert (machine.heroku.writes, touched) == ([], [])


def surveyed(machine: Machine, seconds_ago: float = 0.0) -> Surveyed:
    fake: Any = machine.heroku
    facts = survey(fake, fake, "shop", fake.add_ons("shop")[0], TARGET)
    return Surveyed(facts, machine.clock.monotonic() - seconds_ago)


def reads_of_preflight(machine: Machine, before: Surveyed) -> list[str]:
    """Begin with what was read before; return what the first step asks Heroku for."""
    migration, reads = machine.migration(), Reads()
    machine.heroku.on_read = reads.append
    machine.on_event = reads.hear
    assert machine._runner().begin(migration, before).exit == Exit.DONE
    return reads.of_step["preflight"]


def test_what_was_read_for_the_preview_a_moment_ago_is_not_read_again(machine: Machine) -> None:
    assert reads_of_preflight(machine, surveyed(machine)) == ["releases", "release_config_vars", "add_on"]


def test_what_was_read_for_the_preview_is_read_again_once_somebody_has_thought_about_it(machine: Machine) -> None:
    assert "plans" in reads_of_preflight(machine, surveyed(machine, SURVEY_SECONDS + 1))


def test_what_was_read_for_the_preview_is_read_again_after_a_release(machine: Machine) -> None:
    before = surveyed(machine)
    machine.heroku.push()

    assert "plans" in reads_of_preflight(machine, before)


def test_what_was_read_for_the_preview_is_read_again_after_a_release_that_came_while_it_was_read(
    machine: Machine,
) -> None:
    came: list[str] = []

    def push_once(read: str) -> None:
        if read == "attachments_of" and not came:
            came.append(read)
            machine.heroku.push()

    machine.heroku.on_read = push_once
    before = surveyed(machine)

    assert came
    assert "plans" in reads_of_preflight(machine, before)


@pytest.mark.parametrize("makes_release", [True, False])
def test_a_change_of_plan_since_the_preview_stops_it_before_any_worker_is_touched(
    machine: Machine,
    makes_release: bool,  # noqa: FBT001 -- the cases
) -> None:
    migration, before = machine.migration(), surveyed(machine)
    machine.heroku.plan_change_releases = makes_release
    machine.heroku.change_plan("shop", OLD, "cloudamqp:tiger")
    touched: list[str] = []
    machine.heroku.broker_of(OLD).on_touch = touched.append

    stopped = machine._runner().begin(migration, before)

    assert (stopped.code, touched) == ("WORLD_CHANGED", [])
    assert "cloudamqp:tiger" in stopped.why


def test_where_no_release_is_seen_to_be_live_nothing_is_removed_and_resume_goes_on_after_a_good_one(
    machine: Machine,
) -> None:
    releases = machine.heroku.releases

    def none_is_live(_app: str, count: int = 20) -> tuple[Release, ...]:
        return tuple(replace(item, current=False) for item in releases("shop", count))

    def hide(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == "drain":
            machine.heroku.releases = none_is_live  # type: ignore[method-assign]  # as of twenty that failed

    machine.on_event = hide
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert stopped.what == "None of the newest releases of shop is live."
    assert machine.heroku.writes == ["set eager"]
    machine.on_event = lambda _event: None
    machine.heroku.releases = releases  # type: ignore[method-assign]
    assert machine.resume().exit == Exit.DONE


def test_nothing_is_asked_of_heroku_between_the_last_look_and_the_removal(machine: Machine) -> None:
    asked: list[str] = []
    old = machine.heroku.broker_of(OLD)
    old.on_look = lambda _broker: asked.clear()
    releases = machine.heroku.releases

    def noted(_app: str, count: int = 20) -> tuple[Release, ...]:
        asked.append("releases")
        return releases(_app, count)

    machine.heroku.releases = noted  # type: ignore[method-assign]  # the fake, listened to
    seen: list[list[str]] = []
    machine.heroku.before = lambda write: seen.append(list(asked)) if write == "remove" else None

    assert machine.begin().exit == Exit.DONE
    assert seen == [[]]


def test_one_that_began_and_died_while_this_one_was_confirmed_keeps_it_from_starting(machine: Machine) -> None:
    machine.on_event = kill_after("drain")
    with pytest.raises(Killed):
        machine.begin()
    writes = list(machine.heroku.writes)

    with pytest.raises(MigrationUnfinished, match="mig-7f3k2q") as refused:
        machine._runner().begin(replace(machine.store.record("mig-7f3k2q").migration, id="mig-222222"))

    assert refused.value.next == "migrate-plan resume mig-7f3k2q"
    assert machine.heroku.writes == writes
    assert machine.resume().exit == Exit.DONE


def test_a_signal_between_the_intent_and_the_call_waits_until_the_answer_is_on_record(machine: Machine) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, EffectRequested) and event.effect == "remove":
            machine.interruption.ask(Exit.INTERRUPTED)

    machine.on_event = interrupt
    stopped = machine.begin()

    assert stopped.exit == Exit.INTERRUPTED
    assert machine.heroku.writes == ["set eager", "remove"]
    assert "the old add-on was empty and is removed" in stopped.state
