from __future__ import annotations

import pytest

from migrate.changes.releases import DynosLive, judge_dynos, judge_release
from migrate.errors import DynosCrashed, ReleaseFailed
from migrate.platform import Dyno, ProcessType, Release
from migrate.waits import Waiting

FORMATION = (ProcessType("web", 2, "gunicorn shop"), ProcessType("worker", 1, "celery -A shop worker"))


def release(version: int, status: str = "succeeded", *, current: bool = False) -> Release:
    return Release(version, status, current, "Set CELERY_ALWAYS_EAGER config vars")


def dyno(name: str, version: int = 8, state: str = "up") -> Dyno:
    return Dyno(f"id-{name}-{version}", name, name.partition(".")[0], state, version)


LIVE = (dyno("web.1"), dyno("web.2"), dyno("worker.1"))


def test_a_release_that_succeeded_and_is_current_is_live() -> None:
    assert judge_release("shop", [release(8, current=True), release(7)], 8) is None


def test_a_later_release_that_is_current_has_ours_in_it() -> None:
    assert judge_release("shop", [release(9, current=True), release(8)], 8) is None


def test_a_release_whose_command_still_runs_is_waited_for() -> None:
    waiting = judge_release("shop", [release(8, "pending"), release(7, current=True)], 8)
    assert isinstance(waiting, Waiting)
    assert "v8" in waiting.reason


def test_somebody_elses_pending_release_is_waited_for_too() -> None:
    waiting = judge_release("shop", [release(9, "pending"), release(8, current=True)], 8)
    assert isinstance(waiting, Waiting)
    assert "v9" in waiting.reason


@pytest.mark.parametrize(
    "releases",
    [
        [],
        [release(7, current=True)],
        [release(8), release(7, current=True)],
        [release(8)],
        [release(9, "failed"), release(7, current=True)],
    ],
    ids=["none at all", "not there yet", "not current yet", "nothing current", "not listed"],
)
def test_a_release_that_is_not_current_is_waited_for(releases: list[Release]) -> None:
    assert isinstance(judge_release("shop", releases, 8), Waiting)


@pytest.mark.parametrize("status", ["failed", "expired", "something new"])
def test_a_release_that_did_not_succeed_is_bad_news_at_once(status: str) -> None:
    with pytest.raises(ReleaseFailed, match=f"v8 {status}") as failure:
        judge_release("shop", [release(9, "pending"), release(8, status), release(7, current=True)], 8)
    assert failure.value.next == "heroku releases:output v8 --app shop"


def test_somebody_elses_failed_release_does_not_undo_ours() -> None:
    assert judge_release("shop", [release(9, "failed"), release(8, current=True)], 8) is None


def test_dynos_are_live_when_as_many_as_the_formation_has_run_the_release() -> None:
    assert judge_dynos("shop", FORMATION, LIVE, 8) == DynosLive(frozenset(item.id for item in LIVE))


def test_dynos_on_a_later_release_are_live() -> None:
    later = tuple(dyno(item.name, 9) for item in LIVE)
    assert isinstance(judge_dynos("shop", FORMATION, later, 8), DynosLive)


def test_no_dynos_listed_is_not_success() -> None:
    assert judge_dynos("shop", FORMATION, (), 8) == Waiting("0 of 2 web dynos are up on v8")


@pytest.mark.parametrize("late", [dyno("worker.1", 7), dyno("worker.1", 8, "starting"), dyno("worker.1", 8, "down")])
def test_a_single_dyno_that_is_not_up_on_the_release_is_waited_for(late: Dyno) -> None:
    assert judge_dynos("shop", FORMATION, (*LIVE[:2], late), 8) == Waiting("0 of 1 worker dynos are up on v8")


def test_an_old_dyno_beside_the_new_ones_does_not_count_as_live() -> None:
    live = judge_dynos("shop", FORMATION, (*LIVE, dyno("web.1", 7)), 8)
    assert live == DynosLive(frozenset(item.id for item in LIVE))


def test_one_off_dynos_of_an_older_release_are_named() -> None:
    others = (dyno("run.1234", 7), dyno("run.5678", 8))
    live = judge_dynos("shop", FORMATION, (*LIVE, *others), 8)
    assert isinstance(live, DynosLive)
    assert live.older == ("run.1234",)


def test_a_sleeping_dyno_on_the_release_is_live() -> None:
    asleep = tuple(dyno(item.name, 8, "idle") for item in LIVE)
    assert isinstance(judge_dynos("shop", FORMATION, asleep, 8), DynosLive)


def test_a_crash_on_the_release_is_bad_news_at_once() -> None:
    with pytest.raises(DynosCrashed, match=r"v8: worker\.1") as failure:
        judge_dynos("shop", FORMATION, (*LIVE[:2], dyno("worker.1", 8, "crashed")), 8)
    assert failure.value.next == "heroku logs --dyno worker.1 --app shop"


def test_a_crash_of_the_release_before_is_waited_out() -> None:
    assert isinstance(judge_dynos("shop", FORMATION, (*LIVE[:2], dyno("worker.1", 7, "crashed")), 8), Waiting)


def test_a_crashed_one_off_dyno_says_nothing_about_the_release() -> None:
    assert isinstance(judge_dynos("shop", FORMATION, (*LIVE, dyno("run.1234", 8, "crashed")), 8), DynosLive)


def test_the_release_phase_and_types_scaled_to_zero_need_no_dyno() -> None:
    formation = (*FORMATION, ProcessType("release", 1, "./migrate"), ProcessType("clock", 0, "celery -A shop beat"))
    assert isinstance(judge_dynos("shop", formation, LIVE, 8), DynosLive)


def test_an_app_scaled_to_nothing_is_live_with_no_dyno() -> None:
    assert judge_dynos("shop", (ProcessType("web", 0, "x"),), (), 8) == DynosLive(frozenset())
