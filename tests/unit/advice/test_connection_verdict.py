"""Whether an app's connections fit a plan, and what would make them fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from migrate.advice.connection_budget import NO_BOUND, OWN, Kind, Usage, budget
from migrate.advice.connection_verdict import Ceiling, Verdict, ceiling, judge
from migrate.brokers.report import Unreadable

WEB = Usage("web", Kind.WEB, 1, processes=4, pool_limit=1)
WORKER = Usage("worker", Kind.WORKER, 1, processes=4, pool_limit=1)
APP = (WEB, WORKER)
STEADY = 4 + 6 + OWN
PEAK = 2 * (4 + 6) + OWN


def allowed(limit: int | None) -> Ceiling:
    return Ceiling(limit, "somebody")


@pytest.mark.parametrize(
    ("limit", "verdict"),
    [
        (PEAK, Verdict.FITS),
        (PEAK - 1, Verdict.TIGHT),
        (STEADY, Verdict.TIGHT),
        (STEADY - 1, Verdict.TOO_MANY),
        (None, Verdict.UNKNOWN),
    ],
)
def test_it_fits_when_it_fits_in_a_release_too(limit: int | None, verdict: Verdict) -> None:
    assert judge(APP, budget(APP), allowed(limit)).verdict is verdict


def test_a_lower_bound_never_fits_but_may_be_too_many() -> None:
    doubtful = (*APP, Usage("other", Kind.OTHER, 1, pool_limit=1, doubts=("its command does not show it",)))

    assert judge(doubtful, budget(doubtful), allowed(1000)).verdict is Verdict.UNKNOWN
    assert "its command does not show it" in judge(doubtful, budget(doubtful), allowed(1000)).why
    assert judge(doubtful, budget(doubtful), allowed(5)).verdict is Verdict.TOO_MANY


def test_the_largest_settings_that_would_fit_are_said() -> None:
    found = judge(APP, budget(APP), allowed(PEAK - 3))

    assert found.fixes == ("web workers 2 would fit", "concurrency 2 would fit")
    for changed in ((replace(WEB, processes=2), WORKER), (WEB, replace(WORKER, processes=2))):
        assert judge(changed, budget(changed), allowed(PEAK - 3)).verdict is Verdict.FITS


def test_a_smaller_pool_is_proposed_where_it_helps() -> None:
    threaded = (replace(WEB, threads=4, pool_limit=10),)

    assert judge(threaded, budget(threaded), allowed(10)).fixes[0] == "broker_pool_limit 1 would fit"


def test_a_smaller_pool_is_proposed_with_what_else_it_takes() -> None:
    threaded = (replace(WEB, processes=8, threads=4, pool_limit=10), replace(WORKER, pool_limit=10))

    found = judge(threaded, budget(threaded), allowed(20))

    assert found.fixes == ("broker_pool_limit 1 and web workers 3 would fit",)


def test_where_neither_alone_would_fit_both_are_proposed() -> None:
    large = (replace(WEB, processes=50), replace(WORKER, processes=50))

    found = judge(large, budget(large), allowed(20))

    assert found.fixes == ("web workers and concurrency of at most 3 would fit",)
    fitting = (replace(WEB, processes=3), replace(WORKER, processes=3))
    assert judge(fitting, budget(fitting), allowed(20)).verdict is Verdict.FITS


def test_a_bound_is_proposed_where_there_is_none() -> None:
    boundless = tuple(replace(item, pool_limit=NO_BOUND) for item in APP)

    assert judge(boundless, budget(boundless), allowed(1000)).verdict is Verdict.UNKNOWN


def test_nothing_is_proposed_where_nothing_would_fit() -> None:
    assert judge(APP, budget(APP), allowed(1)).fixes == ()


def test_the_brokers_own_limit_wins_over_the_plan_table() -> None:
    assert ceiling("cloudamqp:lemur", 25) == Ceiling(25, "the broker's vhost-limits")


def test_the_plan_table_counts_where_the_broker_does_not_say_with_its_date() -> None:
    for live in (None, Unreadable("HTTP 401")):
        found = ceiling("cloudamqp:squirrel-1", live)
        assert found.connections == 1500
        assert "2026-06" in found.source


def test_a_limit_that_no_page_says_is_not_known_and_not_unlimited() -> None:
    found = ceiling("cloudamqp:panda-1", Unreadable("HTTP 401"))

    assert found.connections is None
    assert "panda-1" in found.source
    assert "HTTP 401" in found.source


@given(
    web=st.integers(1, 60),
    threads=st.integers(1, 5),
    concurrency=st.integers(1, 60),
    dynos=st.integers(0, 4),
    limit=st.integers(1, 300),
    pool=st.sampled_from(["prefork", "threads", "solo"]),
    pool_limit=st.integers(1, 12),
)
def test_what_is_proposed_fits_and_one_more_does_not(
    *, web: int, threads: int, concurrency: int, dynos: int, limit: int, pool: str, pool_limit: int
) -> None:
    usages = (
        replace(WEB, processes=web, threads=threads, pool_limit=pool_limit),
        replace(WORKER, dynos=dynos, processes=concurrency, pool=pool, pool_limit=pool_limit),
    )
    for fix in judge(usages, budget(usages), allowed(limit)).fixes:
        names = {"web workers": 0, "concurrency": 1}
        name = next((name for name in names if fix.startswith(f"{name} ") and "at most" not in fix), None)
        if name is not None:
            number, place = int(fix.removeprefix(name).split()[0]), names[name]
            for processes, verdict in ((number, True), (number + 1, False)):
                changed = list(usages)
                changed[place] = replace(usages[place], processes=processes)
                fits = judge(changed, budget(changed), allowed(limit)).verdict is Verdict.FITS
                assert fits is verdict, fix


def test_a_very_large_number_of_processes_is_judged_at_once() -> None:
    huge = (replace(WEB, processes=999_999), replace(WORKER, processes=999_999))

    assert judge(huge, budget(huge), allowed(20)).fixes == ("web workers and concurrency of at most 3 would fit",)
