"""From events to processes, steps, gates, eager windows and releases, whatever is missing of them."""

from __future__ import annotations

from datetime import timedelta

from fakes.records import BEGIN, STEPS, Record, in_drain, whole

from migrate.report.story import Ending
from migrate.report.telling import tell

LATER = BEGIN + timedelta(hours=1)


def test_a_migration_that_went_well_is_one_process_and_a_span_for_each_step() -> None:
    story = tell(whole().told, LATER, running=False)

    assert story.steps == STEPS
    assert [span.step for span in story.spans] == list(STEPS)
    assert {span.ending for span in story.spans} == {Ending.DONE}
    assert [(item.how, item.ending, item.code) for item in story.processes] == [("started", Ending.DONE, "DONE")]
    assert [release.version for release in story.releases] == [8, 11]


def test_the_eager_window_is_from_the_one_release_being_live_to_the_other() -> None:
    record = whole()
    (window,) = tell(record.told, LATER, running=False).eager

    live = [item.at for item in record.told if item.type == "release.live"]
    assert (window.began, window.ended, window.is_over) == (live[0], live[1], True)


def test_an_app_that_is_still_eager_is_so_up_to_now() -> None:
    (window,) = tell(in_drain().look({"celery": 1}).told, LATER, running=True).eager

    assert (window.ended, window.is_over) == (LATER, False)


def test_a_resumed_migration_is_as_many_processes_and_says_how_each_ended() -> None:
    record = in_drain().look({"celery": 4}).end(3, "NOT_DRAINED")
    record.begin(resumed=True, eager_since=record.now.isoformat()).start("drain", 60).look({"celery": 4})
    record.begin(resumed=True).start("drain", 600).done("drain")

    story = tell(record.told, LATER, running=False)

    told = [(item.number, item.how, item.ending, item.code) for item in story.processes]
    assert told == [
        (1, "started", Ending.STOPPED, "NOT_DRAINED"),
        (2, "resumed", Ending.UNSEEN, ""),
        (3, "resumed", Ending.UNSEEN, ""),
    ]
    drains = [(span.process, span.ending) for span in story.spans if span.step == "drain"]
    assert drains == [(1, Ending.STOPPED), (2, Ending.UNSEEN), (3, Ending.DONE)]


def test_a_killed_process_is_not_taken_for_one_that_runs() -> None:
    record = in_drain().look({"celery": 4})

    assert tell(record.told, LATER, running=False).processes[-1].ending is Ending.UNSEEN
    assert tell(record.told, LATER, running=True).processes[-1].ending is Ending.RUNNING


def test_a_second_process_that_found_the_app_held_ends_nothing() -> None:
    record = in_drain().look({"celery": 4}).end(6, "APP_HELD").look({"celery": 3})

    assert tell(record.told, LATER, running=True).processes[-1].ending is Ending.RUNNING


def test_a_gate_is_a_wait_of_its_own_with_who_opened_it() -> None:
    record = in_drain().done("drain").tell("gate.closed", step="remove", opens="migrate-plan continue mig-7f3k2q")
    record.tell("gate.opened", 600, step="remove", who="eve@desk", seconds=600).step("remove")

    (hold,) = tell(record.told, LATER, running=False).holds

    assert (hold.step, hold.who, (hold.ended - hold.began).total_seconds()) == ("remove", "eve@desk", 600)


def test_the_steps_of_the_way_back_stand_behind_those_of_the_way_there() -> None:
    record = in_drain().end(3, "NOT_DRAINED").begin(steps=("eager-back", "verify-back"), resumed=True, back=True)
    story = tell(record.step("eager-back").end(8, "ROLLED_BACK").told, LATER, running=False)

    assert story.steps == (*STEPS, "eager-back", "verify-back")
    assert (story.processes[-1].how, story.processes[-1].ending) == ("going back", Ending.DONE)


def test_a_record_without_its_beginning_has_no_process_and_no_period() -> None:
    story = tell(Record().step("drain").told, LATER, running=False)

    assert (story.processes, story.period) == ((), None)


def test_an_event_of_which_fields_are_missing_is_told_as_far_as_it_goes() -> None:
    record = Record().tell("migration.started").tell("step.started", 1).tell("step.done", 1).tell("release.live")

    story = tell(record.told, LATER, running=False)

    assert len(story.spans) == 1
    assert story.releases == ()
