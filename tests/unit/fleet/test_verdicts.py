"""Who may begin, when a fleet stops, and when it is over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.fleets import a_fleet
from msgspec.structs import replace

from migrate.events import Result
from migrate.exits import Exit
from migrate.fleet.members import AppState, Member, Standing, Word
from migrate.fleet.verdicts import exit_status, outcome, verdict

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
W, R, D, F, X, S = (
    AppState.WAITING,
    AppState.WORKING,
    AppState.DONE,
    AppState.FAILED,
    AppState.REFUSED,
    AppState.STOPPED,
)


def standing(*waves: tuple[AppState, ...], lapsed: bool = False, **changes: Any) -> Standing:
    """Return a fleet whose apps are named by wave and place: ``1a``, ``1b``, ``2a``."""
    names = tuple(tuple(f"{n}{'abcdefghijkl'[i]}" for i in range(len(wave))) for n, wave in enumerate(waves, 1))
    members = tuple(
        Member(name, number, state, f"mig-{name}", lapsed=lapsed and state == R, exit=3 if state in {F, S} else None)
        for number, (wave, states) in enumerate(zip(names, waves, strict=True), 1)
        for name, state in zip(wave, states, strict=True)
    )
    of_fleet = {"waves": names, "auto": False, "allowed_failures": 0, "parallel": 3}
    fleet = a_fleet(**{**of_fleet, **{key: changes.pop(key) for key in tuple(changes) if key in of_fleet}})
    return replace(Standing(fleet, Word.RUNNING, 1, 0, "", NOW, members), **changes)


def starts(found: Standing) -> list[str]:
    return [member.app for member in verdict(found).starts]


def test_a_wave_begins_with_as_many_as_may_be_at_work_at_once() -> None:
    assert starts(standing((W, W, W, W), (W,))) == ["1a", "1b", "1c"]
    assert starts(standing((R, R, W, W), (W,))) == ["1c"]


def test_the_next_wave_waits_until_the_one_before_is_over_and_for_a_word() -> None:
    assert starts(standing((D, R), (W,), opened=2)) == []
    assert verdict(standing((D,), (W,))).gate == 2
    assert starts(standing((D,), (W,), opened=2)) == ["2a"]
    assert starts(standing((D,), (W,), auto=True)) == ["2a"]


def test_what_a_dead_process_has_left_goes_on_first_and_whatever_was_said() -> None:
    for word in (Word.RUNNING, Word.PAUSED, Word.STOPPING):
        assert starts(standing((W, R), (W,), lapsed=True, word=word))[:1] == ["1b"]
    assert starts(standing((W, R), (W,), lapsed=True, word=Word.PAUSED)) == ["1b"]


@pytest.mark.parametrize("word", [Word.PAUSED, Word.STOPPING])
def test_nothing_begins_in_a_fleet_that_is_paused_or_stopped(word: Word) -> None:
    assert starts(standing((W, W), (W,), word=word)) == []
    assert not verdict(standing((W, W), word=word)).over


def test_one_failure_too_many_stops_the_fleet_and_those_that_were_seen_do_not_count() -> None:
    assert verdict(standing((F, W))).stop == "1 app failed, and no more than 0 may."
    assert verdict(standing((F, W), allowed_failures=1)).stop == ""
    assert verdict(standing((F, W), tolerated=1)).stop == ""
    assert verdict(standing((F, F, W), tolerated=1)).stop


def test_an_app_that_was_refused_has_not_failed() -> None:
    assert verdict(standing((X, D), (W,), auto=True)).stop == ""


def test_a_wave_in_which_no_app_was_moved_stops_the_fleet() -> None:
    assert verdict(standing((X,), (W,), auto=True)).stop == "No app of wave 1 was moved."
    assert starts(standing((X,), (W,), auto=True, opened=2)) == ["2a"]


def test_it_is_over_when_every_app_is_settled() -> None:
    assert verdict(standing((D, X), (F, D), allowed_failures=1)).over
    assert not verdict(standing((D,), (S,))).over


@pytest.mark.parametrize(
    ("exit_", "changed", "by_word", "state"),
    [
        (Exit.DONE, True, False, D),
        (Exit.ROLLED_BACK, True, False, AppState.ROLLED_BACK),
        (Exit.REFUSED, False, False, X),
        (Exit.HELD, False, False, X),
        (Exit.REFUSED, True, False, F),
        (Exit.FAILED, False, False, F),
        (Exit.RESUMABLE, True, False, F),
        (Exit.OUTCOME_UNKNOWN, True, False, F),
        (Exit.INTERRUPTED, False, True, W),
        (Exit.INTERRUPTED, True, True, S),
        (Exit.TERMINATED, True, False, R),
    ],
)
def test_how_work_ended_says_where_the_app_stands(exit_: Exit, changed: bool, by_word: bool, state: AppState) -> None:  # noqa: FBT001 -- a row of the table
    result = Result(exit_, "CODE", "", "", "", ())

    assert outcome(result, changed=changed, by_word=by_word) is state


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ((D, D), Exit.DONE),
        ((D, X), Exit.REFUSED),
        ((X, S), Exit.RESUMABLE),
        ((D, F), Exit.RESUMABLE),
        ((D, R), Exit.RESUMABLE),
        ((D, W), Exit.NEEDS_YOU),
        ((AppState.ROLLED_BACK, D), Exit.ROLLED_BACK),
    ],
)
def test_the_exit_status_is_that_of_the_worst(states: tuple[AppState, ...], status: Exit) -> None:
    assert exit_status(standing(states)) is status
