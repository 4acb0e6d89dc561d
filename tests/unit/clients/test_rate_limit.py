"""The account's budget of calls at Heroku: what may be sent, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fakes.clock import FakeClock

from migrate.clients.heroku_refusals import Reply
from migrate.clients.rate_limit import (
    CALLS_AN_APP,
    LIMIT,
    LONGEST_PAUSE,
    LOW,
    REFILL_A_SECOND,
    SPACING_SECONDS,
    SPARE,
    RateLimit,
)
from migrate.errors import RateLimited


@pytest.fixture
def limit() -> RateLimit:
    return RateLimit(FakeClock())


def hear(limit: RateLimit, status: int = 200, **headers: str) -> None:
    limit.hear(Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, b""))


def closed_for(limit: RateLimit, method: str = "PATCH") -> float:
    """Return after how long a call of that method may be sent."""
    began = limit.clock.monotonic()
    while True:
        try:
            limit.check(method)
        except RateLimited:
            limit.clock.sleep(0.5)
        else:
            return limit.clock.monotonic() - began


def test_nothing_is_held_back_as_long_as_heroku_says_nothing(limit: RateLimit) -> None:
    hear(limit)
    assert closed_for(limit, "GET") == closed_for(limit, "PATCH") == 0


def test_a_refusal_that_names_no_time_closes_for_longer_each_time(limit: RateLimit) -> None:
    pauses = []
    for _ in range(6):
        hear(limit, 429)
        pauses.append(closed_for(limit))
    assert pauses == [30, 60, 120, 240, 480, LONGEST_PAUSE]


def test_an_answer_ends_the_growing(limit: RateLimit) -> None:
    hear(limit, 429)
    hear(limit, 429)
    hear(limit)
    limit.clock.sleep(60)
    hear(limit, 429)
    assert closed_for(limit) == 30


@pytest.mark.parametrize(
    ("asked", "pause"), [("7", 7), ("0", 1), ("86400", LONGEST_PAUSE), ("soon", 30), ("-5", 30), ("", 30)]
)
def test_the_time_that_heroku_asks_for_is_kept_within_bounds(limit: RateLimit, asked: str, pause: float) -> None:
    hear(limit, 429, Retry_After=asked)
    assert closed_for(limit) == pause


def test_the_time_may_be_a_date(limit: RateLimit) -> None:
    hear(limit, 429, Retry_After=format_datetime(datetime.now(tz=UTC) + timedelta(seconds=90), usegmt=True))
    assert 80 <= closed_for(limit) <= 90


def test_reads_are_spaced_out_before_the_budget_is_used_up_and_writes_are_not(limit: RateLimit) -> None:
    hear(limit, RateLimit_Remaining=str(LOW - 1))

    assert closed_for(limit, "DELETE") == 0
    assert closed_for(limit, "GET") == SPACING_SECONDS


def test_a_budget_that_is_large_enough_spaces_nothing(limit: RateLimit) -> None:
    hear(limit, RateLimit_Remaining=str(LOW - 1))
    hear(limit, RateLimit_Remaining=str(LOW))
    assert closed_for(limit, "GET") == 0


@pytest.mark.parametrize("garbage", ["", "many", "-1", "4.5"])
def test_a_budget_that_cannot_be_read_changes_nothing(limit: RateLimit, garbage: str) -> None:
    hear(limit, RateLimit_Remaining="41")
    hear(limit, RateLimit_Remaining=garbage)
    assert limit.remaining == 41


def test_what_is_held_back_says_how_many_calls_are_left_or_for_how_long(limit: RateLimit) -> None:
    hear(limit, RateLimit_Remaining="41")
    with pytest.raises(RateLimited, match="41 calls left"):
        limit.check("GET")
    hear(limit, 429, Retry_After="9")
    with pytest.raises(RateLimited) as caught:
        limit.check("POST")
    assert "9 s" in caught.value.why


def test_reads_for_an_app_in_its_eager_window_are_not_spaced_out(limit: RateLimit) -> None:
    hear(limit, RateLimit_Remaining=str(LOW - 1))

    limit.check("GET", first=True)
    with pytest.raises(RateLimited):
        limit.check("GET")


def test_when_the_budget_is_used_up_nobody_comes_first(limit: RateLimit) -> None:
    hear(limit, 429)

    with pytest.raises(RateLimited):
        limit.check("GET", first=True)


def test_there_are_calls_for_one_more_app_once_enough_have_come_back(limit: RateLimit) -> None:
    assert limit.has_spare(0)
    hear(limit, RateLimit_Remaining=str(SPARE - 100))
    assert not limit.has_spare(0)
    limit.clock.sleep(100 / REFILL_A_SECOND)
    assert limit.has_spare(0)
    hear(limit, 429)
    assert not limit.has_spare(0)


def test_calls_are_kept_for_each_app_that_has_begun(limit: RateLimit) -> None:
    hear(limit, RateLimit_Remaining=str(SPARE + 2 * CALLS_AN_APP))
    assert limit.has_spare(2)
    assert not limit.has_spare(3)


def test_before_heroku_has_said_anything_no_more_begin_than_its_usual_limit_allows(limit: RateLimit) -> None:
    most = (LIMIT - SPARE) // CALLS_AN_APP
    assert limit.has_spare(most)
    assert not limit.has_spare(most + 1)
