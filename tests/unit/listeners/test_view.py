"""From events to what a migration looks like."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.views import NOON, Story, draining, held, queue, waiting

from migrate.events import (
    GateOpened,
    HeldAtGate,
    MigrationStarted,
    ReleaseLive,
    Result,
    StepDone,
    StepNoted,
    StepSkipped,
    StepStarted,
    StepWaiting,
)
from migrate.exits import Exit
from migrate.listeners.levels import Level, levels_after
from migrate.listeners.view import REMEMBERED, StepState, View, after
from migrate.strategies import DOCUMENTED


def states(view: View) -> dict[str, StepState]:
    return {step.name: step.state for step in view.steps}


def test_a_step_is_open_then_now_then_done() -> None:
    view = Story(DOCUMENTED).until("quiesce").view

    assert states(view)["preflight"] is StepState.DONE
    assert states(view)["quiesce"] is StepState.NOW
    assert states(view)["drain"] is StepState.OPEN
    assert view.steps[view.current].name == "quiesce"


def test_a_resumed_migration_knows_since_when_it_is_eager_and_what_was_done_before() -> None:
    began, eager = NOON - timedelta(hours=2), NOON - timedelta(hours=1)
    started = MigrationStarted(
        "shop", "old", "a", "b", "documented", ("quiesce", "drain"), True, False, began.isoformat(), eager.isoformat()
    )

    view = after(after(View(), started, NOON), StepSkipped("quiesce"), NOON)

    assert (view.began, view.eager_since) == (began, eager)
    assert states(view) == {"quiesce": StepState.SKIPPED, "drain": StepState.OPEN}


@pytest.mark.parametrize("step", ["eager-off", "eager-back"])
def test_eager_mode_ends_with_the_release_that_ends_it(step: str) -> None:
    story = Story(DOCUMENTED).hear(ReleaseLive("eager-on", 3), ReleaseLive("redeploy", 4))
    assert story.view.eager_until is None

    assert story.hear(ReleaseLive(step, 5)).view.eager_until == story.now


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Exit.INTERRUPTED, StepState.STOPPED),
        (Exit.HUNG_UP, StepState.STOPPED),
        (Exit.RESUMABLE, StepState.FAILED),
        (Exit.OUTCOME_UNKNOWN, StepState.FAILED),
    ],
)
def test_what_ends_a_command_within_a_step_is_the_state_of_that_step(status: Exit, state: StepState) -> None:
    view = draining().hear(Result(status, "X", "It ended.", "", "", ())).view

    assert states(view)["drain"] is state
    assert view.result is not None


def test_a_migration_that_rests_holds_the_step_that_comes_next() -> None:
    view = held().view

    assert states(view)["remove-old"] is StepState.HELD
    assert view.steps[view.current].name == "remove-old"


def test_a_gate_holds_its_step_until_it_is_opened() -> None:
    gate = HeldAtGate("remove", "migrate-plan continue mig-7f3k2q", 3600, "In place.", "", "")
    story = Story(DOCUMENTED).until("maintenance-on").hear(StepDone("maintenance-on", 1.0), gate)
    assert states(story.view)["remove"] is StepState.HELD

    story.hear(GateOpened("remove", "ada@laptop", 12.0))

    assert states(story.view)["remove"] is StepState.OPEN


def test_a_refusal_between_two_steps_holds_nothing() -> None:
    view = Story(DOCUMENTED).hear(Result(Exit.HELD, "X", "Another one.", "", "", ())).view

    assert set(states(view).values()) == {StepState.OPEN}


def test_figures_that_are_missing_leave_what_was_last_known() -> None:
    story = Story(DOCUMENTED).until("drain").hear(waiting("", queue("celery", 7)), StepWaiting("drain", "HTTP 503"))

    assert story.view.levels["celery"].now == 7
    assert story.view.detail == {}


def test_a_new_step_begins_without_the_figures_of_the_one_before() -> None:
    view = draining().hear(StepStarted("carry-out", "Take out")).view

    assert (view.reason, view.detail, view.levels) == ("", {}, {})


def test_the_last_events_are_remembered_and_no_more() -> None:
    story = Story(DOCUMENTED).hear(*(StepNoted("drain", str(number)) for number in range(200)))

    assert len(story.view.said) == REMEMBERED
    assert story.view.said[-1].text == "199"


def test_a_step_that_was_not_announced_is_shown_all_the_same() -> None:
    assert states(after(View(), StepStarted("drain", "Wait"), NOON)) == {"drain": StepState.NOW}


def test_a_level_counts_all_that_is_in_a_queue_and_keeps_its_peak() -> None:
    levels = levels_after({}, [queue("a", 8, unacknowledged=1, delayed=1)], NOON)
    levels = levels_after(levels, [queue("a", 5)], NOON + timedelta(seconds=1))

    assert (levels["a"].now, levels["a"].peak, levels["a"].drained) == (5, 10, 0.5)


def test_a_course_is_even_in_time_however_often_was_looked() -> None:
    looks = ((0, 100), (1, 90), (2, 80), (100, 10))
    level = Level(tuple((NOON + timedelta(seconds=at), count) for at, count in looks))

    assert level.course(3) == (100, 80, 10)
    assert level.course(1) == (10,)


def test_a_drain_of_a_day_takes_no_more_memory_than_one_of_minutes() -> None:
    levels: dict[str, Level] = {}
    for second in range(10_000):
        levels = dict(levels_after(levels, [queue("a", 10_000 - second)], NOON + timedelta(seconds=second)))

    assert len(levels["a"].looks) <= 240
    assert (levels["a"].looks[0][1], levels["a"].now) == (10_000, 1)
