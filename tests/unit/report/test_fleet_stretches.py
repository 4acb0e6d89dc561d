"""How long an app was eager and without a broker, from what is recorded of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.fleet_pages import NOON, recorded
from fakes.records import Record

from migrate.report.fleet.stretches import Stretch, brokerless, eager, total

LATER = NOON + timedelta(hours=1)


def test_as_documented_the_broker_is_away_from_its_removal_until_the_new_one_is_live() -> None:
    known = brokerless(recorded("mig-shop", NOON, 100.0), "documented", LATER, is_done=True)

    assert (known.seconds, known.is_over) == (10.0, True)


@pytest.mark.parametrize("strategy", ["side-by-side", "bridge"])
def test_with_two_add_ons_the_broker_is_away_while_its_names_are_moved(strategy: str) -> None:
    record = Record(NOON).begin().tell("effect.requested", 5, step="reattach", effect="reattach")
    record.tell("release.live", 2, step="reattach", version=9).tell("effect.requested", 9, step="remove-old")

    known = brokerless(record.told, strategy, LATER, is_done=True)

    assert (known.seconds, known.is_over) == (2.0, True)


def test_in_place_and_without_eager_mode_there_is_nothing_to_count() -> None:
    assert brokerless((), "in-place", LATER, is_done=True) == Stretch()
    assert eager((), "bridge", LATER, written=None, is_done=True) == Stretch()


def test_what_has_not_ended_goes_on_until_now() -> None:
    half = recorded("mig-shop", NOON, 100.0, 0.65)

    known = eager(half, "documented", LATER, written=None, is_done=False)
    without = brokerless(half, "documented", LATER, is_done=False)

    assert (known.is_over, without.is_over) == (False, False)
    assert known.periods[0].ended == without.periods[0].ended == LATER


def test_an_app_that_is_done_and_whose_record_says_nothing_of_it_is_unknown() -> None:
    begun = Record(NOON).begin().told
    for record in ((), begun, recorded("mig-shop", NOON, 100.0, 0.65)):
        assert eager(record, "documented", LATER, written=None, is_done=True).seconds is None
        assert brokerless(record, "documented", LATER, is_done=True).seconds is None
        assert brokerless(record, "documented", LATER, is_done=True).why

    assert brokerless(begun, "documented", LATER, is_done=False).seconds == 0


def test_with_gaps_in_the_record_only_what_the_journal_says_is_known() -> None:
    record = (
        Record(NOON, recorded("mig-shop", NOON, 100.0)).tell("record.incomplete", missing=3, why="disk full").told
    )

    assert brokerless(record, "documented", LATER, is_done=True).why == "3 events of its record are missing"
    assert eager(record, "documented", LATER, written=None, is_done=True).seconds is None
    assert eager(record, "documented", LATER, written=81.5, is_done=True).seconds == 81.5


def test_a_total_says_of_how_many_it_does_not_know() -> None:
    found = total((Stretch((), 5.0), Stretch((), None, "no record"), Stretch()))

    assert (found.seconds, found.unknown, found.is_over) == (5.0, 1, True)
