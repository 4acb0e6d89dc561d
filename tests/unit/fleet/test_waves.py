"""Every app is in exactly one wave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import UsageError
from migrate.fleet.waves import allowed_failures, waves

TEN = tuple("abcdefghij")
SHARES = st.one_of(st.integers(1, 9), st.sampled_from(["10%", "35%", "100%", "rest"]))


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ((1, "10%", "rest"), ("a", "b", "cdefghij")),
        ((["c"], "rest"), ("c", "abdefghij")),
        (("rest",), ("abcdefghij",)),
        ((3,), ("abc", "defghij")),
        ((3, ["b"], "rest"), ("acd", "b", "efghij")),
        (("15%", "rest"), ("ab", "cdefghij")),
        ((1, "rest", 5), ("a", "bcdefghij")),
    ],
)
def test_waves_take_their_share_in_order(shares: tuple[object, ...], expected: tuple[str, ...]) -> None:
    given_ = tuple(tuple(share) if isinstance(share, list) else share for share in shares)

    assert waves(TEN, given_) == tuple(map(tuple, expected))  # type: ignore[arg-type]  # as in a file


@given(st.integers(1, 200), st.lists(SHARES, min_size=1, max_size=5))
def test_no_app_is_left_out_or_taken_twice(number: int, shares: list[int | str]) -> None:
    apps = [f"app-{index}" for index in range(number)]

    assert [app for wave in waves(apps, shares) for app in wave] == apps


@pytest.mark.parametrize("shares", [(("z",), "rest"), (("a",), ("a",))])
def test_a_name_that_is_no_app_or_in_two_waves_is_refused(shares: tuple[tuple[str, ...] | str, ...]) -> None:
    with pytest.raises(UsageError):
        waves(TEN, shares)


def test_a_part_of_failures_is_rounded_down() -> None:
    assert (allowed_failures(3, 50), allowed_failures("10%", 19), allowed_failures("0%", 50)) == (3, 1, 0)
