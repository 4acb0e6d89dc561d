"""A migration that waits before a step until an operator says so, from elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fakes.clock import FakeClock
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine
from fakes.migrations import a_migration

from migrate.commands import plain
from migrate.errors import AppHeld, GateUnreached, UsageError
from migrate.events import EffectConfirmed, GateOpened, HeldAtGate, StepDone, StepStarted, StepWaiting
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.results import Stopped
from migrate.standing import standing
from migrate.store.store import Store
from migrate.ways import at_gates, gates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrate.events import Event

ID = "mig-7f3k2q"
WRITES = ["set eager", "remove", "add", "unset eager"]


@pytest.fixture
def machine() -> Machine:
    return Machine("", FakeHeroku(), choices=Choices(held_before=("remove",)))


def operator(machine: Machine, say: Callable[..., Any] = at_gates.opened) -> None:
    """Have somebody say something to whatever gate is closed."""
    say(machine.store, machine.store.record(ID), machine.clock, plain)


def once_it_waits(machine: Machine, act: Callable[[], None], seconds: float = 0) -> Callable[[Event], None]:
    """Return what acts once, when the migration has been held for some seconds."""
    began: list[float] = []
    acted: list[bool] = []

    def on_event(event: Event) -> None:
        if isinstance(event, HeldAtGate):
            began.append(machine.clock.monotonic())
        held = bool(began) and isinstance(event, StepWaiting) and event.reason.startswith("held before")
        if held and not acted and machine.clock.monotonic() - began[-1] >= seconds:
            acted.append(True)
            act()

    return on_event


def of(machine: Machine, kind: type[Any]) -> list[Any]:
    return [event for event in machine.events if isinstance(event, kind)]


def test_it_waits_before_the_step_and_goes_on_when_somebody_says_so(machine: Machine) -> None:
    machine.on_event = once_it_waits(machine, lambda: operator(machine), seconds=600)

    assert machine.begin().exit == Exit.DONE

    (held,), (opened,) = of(machine, HeldAtGate), of(machine, GateOpened)
    assert (held.step, held.opens, held.seconds) == ("remove", f"migrate-plan continue {ID}", 3600)
    assert opened.seconds >= 600
    assert machine.heroku.writes == WRITES
    assert of(machine, StepDone)[-1].step == "verify"


def test_a_gate_while_tasks_run_in_their_callers_says_since_when_and_what_that_costs(machine: Machine) -> None:
    machine.on_event = once_it_waits(machine, lambda: operator(machine), seconds=300)
    machine.begin()

    (held,) = of(machine, HeldAtGate)
    assert held.eager_since.startswith("2026-11-24T12:00")
    assert "requests take as long as the tasks" in held.costs
    assert "CELERY_ALWAYS_EAGER=True is set" in held.state
    reasons = [event.reason for event in of(machine, StepWaiting) if "held before remove" in event.reason]
    assert f"eager for 6 min; migrate-plan continue {ID} opens it" in reasons[-1]


def test_a_gate_before_eager_mode_says_nothing_of_it(machine: Machine) -> None:
    machine.choices = Choices(held_before=("quiesce",))
    machine.on_event = once_it_waits(machine, lambda: operator(machine))
    machine.begin()

    (held,) = of(machine, HeldAtGate)
    assert (held.eager_since, held.costs) == ("", "")
    assert "eager" not in next(event.reason for event in of(machine, StepWaiting) if "held" in event.reason)


@pytest.mark.parametrize("seconds", [0, 50, 3000])
def test_that_the_old_broker_is_empty_is_proven_anew_after_the_gate_however_short_it_was(
    machine: Machine, seconds: float
) -> None:
    looks: list[str] = []
    old = machine.heroku.broker_of("cloudamqp-old-1")
    old.on_look = lambda _broker: looks.append("look")

    def note(event: Event) -> None:
        wait(event)
        if isinstance(event, GateOpened | EffectConfirmed):
            looks.append(event.type)

    wait = once_it_waits(machine, lambda: operator(machine), seconds)
    machine.on_event = note

    assert machine.begin().exit == Exit.DONE

    opened = looks.index("gate.opened")
    since = looks[opened : looks.index("effect.confirmed", opened)]
    assert since.count("look") >= 2, "a look after an old proof is not a proof"


def test_what_is_published_while_it_is_held_is_worked_off_before_the_removal(machine: Machine) -> None:
    old = machine.heroku.broker_of("cloudamqp-old-1")

    def publish_and_open() -> None:
        old.ready = 7
        operator(machine)

    machine.on_event = once_it_waits(machine, publish_and_open, 120)

    assert machine.begin().exit == Exit.DONE
    assert old.taken == 7


def test_nobody_opens_it_and_it_stops_with_the_commands_that_go_on(machine: Machine) -> None:
    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.NEEDS_YOU, "GATE_CLOSED")
    assert stopped.next == (f"migrate-plan continue {ID}", f"migrate-plan resume {ID}")
    assert stopped.back == f"migrate-plan rollback {ID}"
    assert machine.heroku.writes == ["set eager"]
    assert machine.state == "stopped"
    assert machine.store.holder("shop") is None


def test_going_on_is_held_again_unless_it_was_opened_meanwhile(machine: Machine) -> None:
    machine.begin()
    assert machine.resume().code == "GATE_CLOSED"
    operator(machine)
    held = len(of(machine, HeldAtGate))

    assert machine.resume().exit == Exit.DONE
    assert len(of(machine, HeldAtGate)) == held == 2
    assert machine.heroku.writes == WRITES


def test_it_waits_as_long_again_after_a_kill(machine: Machine) -> None:
    def die() -> None:
        raise Killed

    machine.on_event = once_it_waits(machine, die, 3000)
    with pytest.raises(Killed):
        machine.begin()
    machine.on_event = lambda _event: None
    before = machine.clock.monotonic()

    assert machine.resume().code == "GATE_CLOSED"
    assert machine.clock.monotonic() - before >= 3600


def test_a_wait_before_anything_was_changed_ends_the_migration_and_says_how_to_begin_anew(machine: Machine) -> None:
    machine.choices = Choices(held_before=("quiesce", "remove"))

    stopped = machine.begin()

    assert (stopped.exit, machine.state, machine.heroku.writes) == (Exit.NEEDS_YOU, "ended", [])
    again = "migrate-plan --to bunny --app shop --hold-before quiesce --hold-before remove"
    assert stopped.next == (again,)


def test_a_wait_that_is_cancelled_stops_the_process_and_is_held_again_when_it_goes_on(machine: Machine) -> None:
    machine.on_event = once_it_waits(machine, lambda: operator(machine, at_gates.cancelled))

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "GATE_CANCELLED")
    assert machine.resume().code == "GATE_CLOSED"


def test_a_wait_that_is_cancelled_before_anything_was_changed_leaves_nothing_to_resume(machine: Machine) -> None:
    machine.choices = Choices(held_before=("quiesce",))
    machine.on_event = once_it_waits(machine, lambda: operator(machine, at_gates.cancelled))

    stopped = machine.begin()

    assert (stopped.exit, stopped.code, machine.state) == (Exit.FAILED, "GATE_CANCELLED", "ended")
    assert stopped.next == ("migrate-plan --to bunny --app shop --hold-before quiesce",)


def test_a_wait_that_is_cancelled_again_after_it_went_on_stops_again(machine: Machine) -> None:
    for process in (machine.begin, machine.resume):
        machine.on_event = once_it_waits(machine, lambda: operator(machine, at_gates.cancelled))

        assert process().code == "GATE_CANCELLED"


def test_a_machine_that_slept_at_a_gate_goes_on_with_nothing_once_another_has_taken_over(machine: Machine) -> None:
    def sleep_and_lose() -> None:
        machine.clock.sleep(600)
        machine.store.leases["shop"] = ("eve@elsewhere pid 1", machine.clock.now() + timedelta(seconds=100))

    machine.on_event = once_it_waits(machine, sleep_and_lose)

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.HELD, "APP_HELD")
    assert machine.heroku.writes == ["set eager"]


def test_an_opening_can_be_taken_back_until_somebody_goes_through(machine: Machine) -> None:
    machine.begin()
    operator(machine)
    operator(machine, at_gates.cancelled)

    assert machine.resume().code == "GATE_CLOSED"


def test_ctrl_c_at_a_gate_stops_there(machine: Machine) -> None:
    def press() -> None:
        raise Stopped(Exit.INTERRUPTED)

    machine.on_event = once_it_waits(machine, press)

    assert machine.begin().exit == Exit.INTERRUPTED
    assert machine.state == "stopped"


def test_the_way_back_knows_no_gates(machine: Machine) -> None:
    machine.begin()
    events = len(of(machine, HeldAtGate))

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert len(of(machine, HeldAtGate)) == events


def test_a_migration_that_stands_at_no_gate_cannot_be_waved_through_beforehand(machine: Machine) -> None:
    def try_early(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == "drain":
            with pytest.raises(GateUnreached, match="stands at no gate") as raised:
                operator(machine)
            assert "held before remove" in raised.value.why

    machine.on_event = try_early
    assert machine.begin().code == "GATE_CLOSED"


def test_status_says_at_which_gate_it_stands_and_what_opens_it(machine: Machine) -> None:
    machine.begin()
    store = machine.store

    read, result = standing(store, store.record(ID), machine.clock, plain)

    assert read.phase == "stopped"
    assert result.why.startswith("It is held before remove since 12:0")
    assert result.next == (f"migrate-plan continue {ID}", f"migrate-plan resume {ID}")
    operator(machine)
    _, result = standing(store, store.record(ID), machine.clock, plain)
    assert result.why.startswith("The gate before remove was opened by ")
    assert result.next == (f"migrate-plan resume {ID}",)


def test_two_who_speak_at_once_leave_one_word_and_no_broken_journal(machine: Machine) -> None:
    machine.begin()
    store, journal = machine.store, gates.journal_of(ID)
    append = store.append
    raced: list[str] = []

    def overtaken(name: str, sequence: int, entry: Any) -> None:
        if name == journal and not raced:
            raced.append(name)
            append(name, sequence, entry)
            raise AppHeld("somebody else was first")
        append(name, sequence, entry)

    store.append = overtaken
    gates.say(store, store.record(ID).migration, gates.CONTINUE, "remove", FakeClock())

    assert [entry.name for entry in store.entries(journal)] == [gates.CONTINUE]
    assert machine.resume().exit == Exit.DONE


def test_what_is_said_on_another_machine_is_read_from_the_store_they_share(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    machine = Machine(url, FakeHeroku(), choices=Choices(held_before=("remove",)))

    def open_elsewhere() -> None:
        store = Store(url, machine.clock)
        at_gates.opened(store, store.record(ID), machine.clock, plain)

    machine.on_event = once_it_waits(machine, open_elsewhere)

    assert machine.begin().exit == Exit.DONE
    assert machine.heroku.writes == WRITES


BEFORE_ADDING = {"workers-down", "add-beside", "spare", "copy-topology"}
AT_THE_END = {"redeploy-again", "carry-in", "workers-up"}


@pytest.mark.parametrize(
    ("strategy", "changes", "refused"),
    [
        ("documented", {}, {"eager-on", "add", "eager-off"}),
        ("documented", {"leftovers": "carry"}, {"eager-on", "add", "eager-off", *AT_THE_END}),
        (
            "documented",
            {"drain_by": "dynos", "leftovers": "carry"},
            {"workers-down", "eager-on", "redeploy", "drain-dynos", "stop-drain-dynos", "add", "eager-off"}
            | AT_THE_END,
        ),
        ("side-by-side", {}, {*BEFORE_ADDING, "eager-on", "redeploy", "workers-back", "eager-off"}),
        (
            "side-by-side",
            {"drain_by": "dynos", "leftovers": "carry"},
            {*BEFORE_ADDING, "eager-on", "redeploy", "drain-dynos", "eager-off", *AT_THE_END},
        ),
        (
            "bridge",
            {"bridge_workers": {"worker": 1}},
            {*BEFORE_ADDING, "bridge-on", "redeploy", "bridge-workers", "workers-back"},
        ),
        ("bridge", {"leftovers": "carry"}, {*BEFORE_ADDING, "bridge-on", "redeploy", "workers-back", *AT_THE_END}),
        ("in-place", {}, {"change-plan"}),
    ],
)
def test_nothing_waits_where_nobody_takes_tasks_or_there_is_no_broker(
    strategy: str, changes: dict[str, Any], refused: set[str]
) -> None:
    known = gates.places(a_migration(strategy=strategy, deploy="git push heroku main", **changes))

    assert {name for name, why in known.items() if why} == refused


def test_a_gate_that_must_not_be_is_refused_with_one_that_may() -> None:
    with pytest.raises(UsageError, match="must not be held before eager-on") as raised:
        gates.check(a_migration(held_before=("eager-on",)))

    assert raised.value.next == "--hold-before quiesce"
    assert "off their queues" in raised.value.why


@pytest.mark.parametrize(
    ("name", "offered"), [("remov", "remove"), ("drian", "drain"), ("reattach", "remove"), ("magic", "remove")]
)
def test_a_step_that_is_not_in_the_migration_is_refused_with_a_near_name(name: str, offered: str) -> None:
    with pytest.raises(UsageError, match=name) as raised:
        gates.check(a_migration(held_before=("drain", name)))

    assert raised.value.next == f"--hold-before {offered}"
    assert "preflight, quiesce, drain" in raised.value.why


def test_further_gates_may_be_put_up_later() -> None:
    changed = gates.held_besides(a_migration(held_before=("drain",)), ("remove", "drain"))

    assert changed.held_before == ("drain", "remove")
