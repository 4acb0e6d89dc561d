"""How long an app was eager and without a broker, from its journal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.fleet_pages import NOON, journal_of

from migrate.report.fleet.stretches import ENDLESS, IN_DOUBT, SILENT, Stretch, brokerless, eager, total
from migrate.report.story import Told
from migrate.store.journal import INTENT, OUTCOME, RETRACTION, STEP_DONE
from migrate.store.records import Entry

LATER = NOON + timedelta(hours=1)
HALF = journal_of(NOON, 100.0, 0.65)


def line(seconds: float, kind: str, name: str, *, happened: bool = False) -> Entry:
    return Entry(NOON + timedelta(seconds=seconds), kind, name, {"happened": happened})


def test_as_documented_the_broker_is_away_from_its_removal_until_the_new_one_is_there() -> None:
    known = brokerless(journal_of(NOON, 100.0), (), "documented", LATER, state="done")

    assert (known.seconds, known.is_over) == (10.0, True)


def test_a_release_that_is_recorded_ends_it_before_the_step_does() -> None:
    live = Told(NOON + timedelta(seconds=66), "release.live", {"step": "add", "version": 10})

    assert brokerless(journal_of(NOON, 100.0), (live,), "documented", LATER, state="done").seconds == 6.0


@pytest.mark.parametrize("strategy", ["side-by-side", "bridge"])
@pytest.mark.parametrize("step", ["reattach", "reattach-back"])
def test_with_two_add_ons_the_broker_is_away_while_its_names_are_moved(strategy: str, step: str) -> None:
    journal = [line(5, INTENT, step), line(6, OUTCOME, step), line(7, INTENT, f"{step}-QUEUE")]
    journal += [line(8, OUTCOME, f"{step}-QUEUE"), line(9, STEP_DONE, step), line(20, INTENT, "remove")]
    journal += [line(21, OUTCOME, "remove"), line(22, STEP_DONE, "remove-old")]

    known = brokerless(journal, (), strategy, LATER, state="done")

    assert (known.seconds, known.is_over) == (4.0, True)


def test_of_a_process_that_was_killed_once_the_release_was_live_it_is_over_and_clocks_may_differ() -> None:
    live = Told(NOON + timedelta(seconds=72), "release.live", {"step": "add", "version": 10})
    journal = [line(60, INTENT, "remove"), line(58, OUTCOME, "remove")]

    known = brokerless(journal, (live,), "documented", LATER, state="failed")

    assert (known.seconds, known.is_over) == (12.0, True)


def test_in_place_the_broker_stays() -> None:
    assert brokerless((), (), "in-place", LATER, state="done") == Stretch()


def test_what_has_not_ended_goes_on_until_now() -> None:
    known = eager(HALF, LATER, written=None, state="working")
    without = brokerless(HALF, (), "documented", LATER, state="failed")

    assert (known.is_over, without.is_over) == (False, False)
    assert known.periods[0].ended == without.periods[0].ended == LATER


def test_an_app_that_is_done_and_whose_journal_says_nothing_of_it_is_unknown() -> None:
    assert eager((), LATER, written=None, state="done") == Stretch((), None, SILENT)
    assert brokerless((), (), "documented", LATER, state="done") == Stretch((), None, SILENT)
    assert eager(HALF, LATER, written=None, state="done") == Stretch((), None, ENDLESS)
    assert brokerless(HALF, (), "documented", LATER, state="done") == Stretch((), None, ENDLESS)


def test_an_app_that_has_not_got_there_was_neither() -> None:
    assert eager((), LATER, written=None, state="failed").seconds == 0
    assert brokerless((), (), "documented", LATER, state="failed").seconds == 0


def test_a_call_of_which_nothing_is_known_leaves_it_open_and_one_that_was_refused_took_nothing() -> None:
    asked = [line(5, INTENT, "remove")]
    assert brokerless(asked, (), "documented", LATER, state="failed").why == IN_DOUBT

    asked.append(line(6, RETRACTION, "remove"))
    assert brokerless(asked, (), "documented", LATER, state="failed").seconds == 0

    asked += [line(600, INTENT, "remove"), line(601, OUTCOME, "remove"), line(609, STEP_DONE, "add")]
    assert brokerless(asked, (), "documented", LATER, state="done").seconds == 9.0


def test_an_app_that_is_back_is_not_said_to_be_eager_still() -> None:
    known = eager(HALF, LATER, written=None, state="rolled-back")

    assert (known.seconds, known.periods, known.is_over) == (None, (), True)
    assert eager(HALF, LATER, written=80.0, state="done") == Stretch((), 80.0)


def test_a_total_says_of_how_many_it_does_not_know() -> None:
    found = total((Stretch((), 5.0), Stretch((), None, SILENT), Stretch()))

    assert (found.seconds, found.unknown, found.is_over) == (5.0, 1, True)
