"""Dynos that drain in the workers' place: one in each place, whatever ends, and none at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after
from fakes.migrations import a_migration

from migrate.errors import AccessError, HerokuRefused, OutcomeUnknown, PreflightRefused, UsageError
from migrate.events import StepDone, StepNoted
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.planning import opening
from migrate.store.journal import Journal
from migrate.strategies import planned
from migrate.ways import adoption, closing
from migrate.workers.drain_places import mark_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fakes.heroku import FakeBroker

    from migrate.events import Event, Result

pytestmark = pytest.mark.crash

ID = "mig-7f3k2q"
NAMES = [step.name for step in planned(a_migration(drain_by="dynos"))]
BEFORE_REMOVAL = NAMES[: NAMES.index("remove")]
MARKED = NAMES[NAMES.index("eager-on") : NAMES.index("eager-off")]
CALLS = ("run mig-7f3k2q:worker.1:1", "run mig-7f3k2q:worker.2:1", "stop run.1001", "stop run.1002")


@pytest.fixture
def machine() -> Machine:
    machine = Machine("", FakeHeroku())
    machine.heroku.quantities["worker"] = 2
    machine.heroku.reads_variable = True
    machine.heroku.broker_of("cloudamqp-old-1").ready = 9
    return machine


def check_moved(machine: Machine, result: Result) -> None:
    heroku, old = machine.heroku, machine.heroku.broker_of("cloudamqp-old-1")
    assert result.exit == Exit.DONE, (result.code, result.what, result.why)
    assert (old.gone, old.taken, old.taken_eagerly) == (True, 9, 0)
    check_quiet(machine)
    assert [item.plan for item in heroku.add_ons("shop")] == ["cloudamqp:bunny"]


def check_quiet(machine: Machine) -> None:
    assert machine.heroku.one_offs == []
    assert machine.heroku.quantities == {"web": 1, "worker": 2}


def killed_after(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()


def is_done(event: Event, step: str) -> bool:
    return isinstance(event, StepDone) and event.step == step


def notes(machine: Machine) -> str:
    return " ".join(event.text for event in machine.events if isinstance(event, StepNoted))


def test_they_drain_what_eager_workers_would_lose_and_end_with_the_old_broker(machine: Machine) -> None:
    check_moved(machine, machine.begin())

    assert tuple(write for write in machine.heroku.writes if write.partition(" ")[0] in {"run", "stop"}) == CALLS


def test_without_them_every_task_is_taken_by_an_eager_worker(machine: Machine) -> None:
    machine.choices = Choices(drain_dynos=False, accepted=("WORKERS_MAY_BE_EAGER",))
    old = machine.heroku.broker_of("cloudamqp-old-1")
    before: list[int] = []
    machine.on_event = lambda event: before.append(old.taken) if is_done(event, "eager-on") else None

    assert machine.begin().exit == Exit.DONE

    assert old.taken_eagerly == old.taken - before[0] > 0
    assert "scale worker=0" not in machine.heroku.writes


def test_declined_and_the_risk_not_accepted_nothing_begins(machine: Machine) -> None:
    machine.choices = Choices(drain_dynos=False)

    with pytest.raises(PreflightRefused, match="whether CELERY_ALWAYS_EAGER makes workers eager"):
        machine.begin()


def test_workers_that_keep_their_promise_drain_themselves_unless_dynos_are_asked_for(machine: Machine) -> None:
    machine.heroku.reads_variable = False
    assert machine.migration().drain_by == "workers"

    machine.choices = Choices(drain_dynos=True)
    check_moved(machine, machine.begin())
    assert CALLS[0] in machine.heroku.writes


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Killed(), OutcomeUnknown("no reply")])
def test_killed_or_left_without_a_reply_around_a_call_there_is_one_in_each_place(
    machine: Machine, call: str, moment: str, error: BaseException
) -> None:
    setattr(machine.heroku, moment, once(call, error))

    result = machine.finish()
    if result.exit == Exit.OUTCOME_UNKNOWN:
        result = machine.resume()

    check_moved(machine, result)
    assert all(machine.heroku.writes.count(call) == 1 for call in CALLS)


def test_a_start_that_arrives_after_the_process_has_died_is_not_made_twice(machine: Machine) -> None:
    heroku, sent, reads = machine.heroku, list[str](), list[str]()
    heroku.before = once(CALLS[0], Killed())
    with pytest.raises(Killed):
        machine.begin()

    def arrive(read: str) -> None:
        reads.append(read)
        if reads.count("dynos") == 3 and not sent:
            sent.append(CALLS[0])
            command = f"env -u CELERY_ALWAYS_EAGER MIGRATE_PLAN_DRAIN={ID}:worker.1:1 celery -A shop worker"
            heroku.run_dyno("shop", command=command, size="Standard-1X", seconds=86_400)

    heroku.on_read = arrive
    check_moved(machine, machine.resume())
    assert heroku.writes.count(CALLS[0]) == 1


@pytest.mark.parametrize("step", ["drain-dynos", "drain"])
def test_one_that_has_ended_is_said_and_the_next_process_starts_another_in_its_place(
    machine: Machine, step: str
) -> None:
    killed_after(machine, step)
    machine.heroku.lose_dyno("run.1002")
    machine.clock.sleep(60)

    check_moved(machine, machine.resume())

    assert machine.heroku.writes.count("run mig-7f3k2q:worker.2:2") == 1
    assert "run.1002, which drained in place of worker.2, has ended; another one is started" in notes(machine)


def test_one_that_ends_while_it_drains_stops_the_drain_at_once(machine: Machine) -> None:
    old = machine.heroku.broker_of("cloudamqp-old-1")
    old.ready = 40
    old.on_look = lambda broker: machine.heroku.lose_dyno("run.1001") if broker.ready < 30 else None

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "DRAIN_DYNO_LOST")
    assert "run.1001, which drains in place of worker.1, is gone" in stopped.what
    assert stopped.next == ("heroku logs --dyno run.1001 --app shop", f"migrate-plan resume {ID}")
    assert "Its worker dynos are scaled to 0 (worker=2 before)." in stopped.state
    old.on_look = lambda _broker: None
    assert machine.resume().exit == Exit.DONE
    assert (old.taken, old.taken_eagerly) == (40, 0)
    check_quiet(machine)


def test_one_that_ends_by_itself_when_its_broker_is_gone_needs_no_stop(machine: Machine) -> None:
    machine.heroku.before = lambda write: machine.heroku.lose_dyno("run.1001") if write == "stop run.1001" else None

    check_moved(machine, machine.begin())


def test_given_up_after_the_removal_it_still_says_which_ones_run(machine: Machine) -> None:
    killed_after(machine, "remove")
    machine.clock.sleep(3600)

    given_up = closing.abandon(machine.store, machine.store.record(ID), machine.clock)

    assert "heroku ps:stop -d run.1001 --app shop" in given_up.next


def test_workers_that_somebody_scales_up_while_dynos_drain_stop_it_and_are_taken_off_their_queues(
    machine: Machine,
) -> None:
    old = machine.heroku.broker_of("cloudamqp-old-1")
    old.ready = 60
    scaled: list[int] = []

    def scale_up(_broker: FakeBroker) -> None:
        if old.ready < 50 and not scaled:
            scaled.append(old.ready)
            machine.heroku.quantities["worker"] = 1

    old.on_look = scale_up
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert "worker.1" in stopped.what
    assert stopped.next[0] == "heroku ps:scale worker=0 --app shop"
    assert {name for name in old.off if "worker.1" in name}
    machine.heroku.quantities["worker"] = 0
    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.quantities["worker"] == 2


def test_workers_that_somebody_scaled_up_between_two_processes_keep_dynos_from_being_started(
    machine: Machine,
) -> None:
    killed_after(machine, "eager-on")
    machine.heroku.quantities["worker"] = 1

    assert machine.resume().code == "WORLD_CHANGED"
    assert not [write for write in machine.heroku.writes if write.startswith("run ")]


def test_one_that_crashes_at_its_start_is_said_at_once_and_can_be_undone(machine: Machine) -> None:
    machine.heroku.one_off_state = "crashed"

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "DRAIN_DYNO_LOST")
    assert "is crashed" in stopped.what
    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert machine.heroku.quantities["worker"] == 2


@pytest.mark.parametrize("error", [HerokuRefused("no", why="dyno limit reached"), AccessError("no", why="forbidden")])
def test_a_refusal_to_start_the_second_says_what_is_true_and_goes_on_or_back(
    machine: Machine, error: BaseException
) -> None:
    machine.heroku.before = once(CALLS[1], error)

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "DRAIN_DYNOS_REFUSED")
    assert "No task is lost" in stopped.why
    assert "One-off dynos drain in their place: run.1001." in stopped.state
    assert stopped.back == f"migrate-plan rollback {ID}"
    check_moved(machine, machine.resume())


def test_a_conflict_is_waited_out(machine: Machine) -> None:
    conflict = HerokuRefused("no", why="409 conflict")
    conflict.id = "conflict"
    machine.heroku.before = once(CALLS[0], conflict, conflict)

    check_moved(machine, machine.begin())


def test_a_process_type_that_is_gone_by_then_stops_it(machine: Machine) -> None:
    killed_after(machine, "eager-on")
    del machine.heroku.quantities["worker"]

    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    machine.heroku.quantities["worker"] = 0
    check_moved(machine, machine.resume())


@pytest.mark.parametrize("step", BEFORE_REMOVAL)
def test_undone_from_every_step_none_is_left(machine: Machine, step: str) -> None:
    killed_after(machine, step)

    assert machine.roll_back().exit == Exit.ROLLED_BACK

    check_quiet(machine)
    old = machine.heroku.broker_of("cloudamqp-old-1")
    assert old.taken + old.ready == 9
    assert len(old.consumers()) == 2
    assert old.taken_eagerly == 0


def test_undone_though_one_has_ended(machine: Machine) -> None:
    killed_after(machine, "drain-dynos")
    machine.heroku.lose_dyno("run.1001")

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    check_quiet(machine)


@pytest.mark.parametrize("step", MARKED)
def test_another_machine_without_the_store_finds_them(machine: Machine, tmp_path: Path, step: str) -> None:
    killed_after(machine, step)
    heir = Machine(f"sqlite:///{tmp_path / 'another'}", machine.heroku, machine.clock)
    fake: Any = machine.heroku

    adoption.adopt(heir.store, fake, adoption.found_on_app(fake, "shop", heir.clock), heir.clock)

    check_moved(heir, heir.resume())
    assert all(machine.heroku.writes.count(call) == 1 for call in CALLS)


def test_given_up_it_says_what_to_end_and_to_scale(machine: Machine) -> None:
    killed_after(machine, "drain-dynos")
    machine.clock.sleep(3600)

    given_up = closing.abandon(machine.store, machine.store.record(ID), machine.clock)

    assert "One-off dynos drain in their place: run.1001, run.1002." in given_up.state
    assert given_up.next[-3:] == (
        "heroku ps:stop -d run.1001 --app shop",
        "heroku ps:stop -d run.1002 --app shop",
        "heroku ps:scale worker=2 --app shop",
    )


def test_workers_that_turn_out_to_be_eager_are_replaced_by_dynos_on_request(machine: Machine) -> None:
    heroku = machine.heroku
    heroku.reads_variable = False
    heroku.after = lambda write: setattr(heroku, "reads_variable", write == "set eager" or heroku.reads_variable)
    stopped = machine.begin()
    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "WORKERS_EAGER")
    assert stopped.next[0].startswith(f"migrate-plan resume {ID} --drain-dynos")

    record = machine.store.record(ID)
    machine.store.amend(opening.drained_by_dynos(record.migration, Journal(machine.store, ID, machine.clock)))

    assert machine.resume().exit == Exit.DONE
    assert heroku.writes.index("scale worker=0") > heroku.writes.index("set eager")
    check_quiet(machine)


def test_a_machine_without_the_store_knows_them_though_they_were_chosen_after_the_mark(
    machine: Machine, tmp_path: Path
) -> None:
    machine.heroku.reads_variable = False
    killed_after(machine, "eager-on")
    machine.heroku.reads_variable = True
    record = machine.store.record(ID)
    machine.store.amend(opening.drained_by_dynos(record.migration, Journal(machine.store, ID, machine.clock)))
    machine.on_event = kill_after("drain-dynos")
    with pytest.raises(Killed):
        machine.resume()
    heir = Machine(f"sqlite:///{tmp_path / 'another'}", machine.heroku, machine.clock)
    fake: Any = machine.heroku

    adoption.adopt(heir.store, fake, adoption.found_on_app(fake, "shop", heir.clock), heir.clock)

    assert heir.resume().exit == Exit.DONE
    check_quiet(heir)


@pytest.mark.parametrize("step", ["remove", "add"])
def test_they_are_not_chosen_once_there_is_nothing_to_drain(machine: Machine, step: str) -> None:
    machine.heroku.reads_variable = False
    killed_after(machine, step)
    record = machine.store.record(ID)

    with pytest.raises(UsageError, match="cannot help"):
        opening.drained_by_dynos(record.migration, Journal(machine.store, ID, machine.clock))


def test_each_one_is_marked_with_its_place(machine: Machine) -> None:
    killed_after(machine, "drain-dynos")

    marks = [mark_in(dyno) for dyno, _ in machine.heroku.one_offs]
    assert marks == [f"{ID}:worker.1:1", f"{ID}:worker.2:1"]


def once(write: str, *errors: BaseException) -> Callable[[str], None]:
    left = list(errors)

    def call(now: str) -> None:
        if now == write and left:
            raise left.pop(0)

    return call
