from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest
from fakes.clock import FakeClock
from hypothesis import given
from hypothesis import strategies as st

from migrate.brokers.report import BrokerUnreadable
from migrate.errors import HerokuUnreachable, MigrateError, NotDrained, ReleaseFailed, TokenRefused, WaitExpired
from migrate.waits import Patience, Waiter, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE = Patience(deadline=60, interval=2)


class Bench:
    """A waiter with a clock of its own that remembers what it was told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.told: list[Waiting] = []
        self.waiter = Waiter(self.clock, self.told.append)

    def ready_after(self, seconds: float) -> Callable[[], str | Waiting]:
        def probe() -> str | Waiting:
            now = self.clock.monotonic()
            return "ready" if now >= seconds else Waiting(f"at {now:g} s", {"seconds": now})

        return probe


@pytest.fixture
def bench() -> Bench:
    return Bench()


def failing_once(error: Exception) -> Callable[[], str]:
    errors = [error]

    def probe() -> str:
        if errors:
            raise errors.pop()
        return "ready"

    return probe


def never() -> Waiting:
    return Waiting("v7 is still the current release")


def test_what_is_there_already_is_not_waited_for(bench: Bench) -> None:
    assert bench.waiter.until(lambda: "ready", MINUTE) == "ready"
    assert bench.clock.monotonic() == 0
    assert bench.told == []


def test_a_wait_looks_again_at_every_interval(bench: Bench) -> None:
    assert bench.waiter.until(bench.ready_after(5), MINUTE) == "ready"
    assert bench.clock.slept == [2, 2, 2]


def test_every_reason_for_waiting_is_told_with_its_detail(bench: Bench) -> None:
    bench.waiter.until(bench.ready_after(3), MINUTE)
    assert bench.told == [Waiting("at 0 s", {"seconds": 0.0}), Waiting("at 2 s", {"seconds": 2.0})]


@pytest.mark.parametrize("answer", [None, False, 0, ""])
def test_an_answer_that_is_false_is_an_answer(bench: Bench, answer: object) -> None:
    assert bench.waiter.until(lambda: answer, MINUTE) is answer
    assert bench.clock.slept == []


def test_a_wait_ends_at_its_deadline_with_the_last_reason(bench: Bench) -> None:
    with pytest.raises(WaitExpired) as end:
        bench.waiter.until(never, MINUTE)

    assert end.value.what == "Still waiting after 60 s."
    assert end.value.why == "v7 is still the current release"
    assert bench.clock.monotonic() == 60


def test_the_error_at_the_deadline_can_be_named_by_whoever_waits(bench: Bench) -> None:
    def expired(last: Waiting) -> NotDrained:
        return NotDrained("The queues are not empty.", why=last.reason)

    with pytest.raises(NotDrained) as end:
        bench.waiter.until(bench.ready_after(100), MINUTE, expired)
    assert end.value.why == "at 60 s"


def test_without_any_patience_there_is_still_one_look(bench: Bench) -> None:
    at_once = Patience(deadline=0, interval=1)

    assert bench.waiter.until(lambda: "ready", at_once) == "ready"
    with pytest.raises(WaitExpired):
        bench.waiter.until(never, at_once)
    assert bench.clock.slept == []


def test_what_comes_true_in_the_last_look_counts(bench: Bench) -> None:
    assert bench.waiter.until(bench.ready_after(60), MINUTE) == "ready"


def test_looks_that_are_slow_use_up_the_patience_too(bench: Bench) -> None:
    def slow() -> Waiting:
        bench.clock.sleep(45)
        return Waiting("the broker is slow")

    with pytest.raises(WaitExpired):
        bench.waiter.until(slow, MINUTE)
    assert bench.clock.monotonic() == 45 + 2 + 45


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (HerokuUnreachable("Heroku does not answer.", why="HTTP 503."), "Heroku does not answer. HTTP 503."),
        (BrokerUnreadable("HTTP 500"), "the broker could not be read: HTTP 500"),
    ],
)
def test_trouble_that_passes_is_one_more_reason_to_wait(bench: Bench, trouble: Exception, told: str) -> None:
    assert bench.waiter.until(failing_once(trouble), MINUTE) == "ready"
    assert bench.told == [Waiting(told)]


def test_trouble_that_stays_is_the_reason_at_the_deadline(bench: Bench) -> None:
    def probe() -> NoReturn:
        raise BrokerUnreadable("HTTP 500")

    with pytest.raises(WaitExpired) as end:
        bench.waiter.until(probe, MINUTE)
    assert "HTTP 500" in end.value.why


@pytest.mark.parametrize(
    "news", [ReleaseFailed("v8 failed."), TokenRefused("no"), RuntimeError("a fault of ours")], ids=repr
)
def test_bad_news_ends_a_wait_at_once(bench: Bench, news: Exception) -> None:
    with pytest.raises(type(news)) as end:
        bench.waiter.until(failing_once(news), MINUTE)

    assert end.value is news
    assert bench.clock.monotonic() == 0


def test_an_interrupt_during_the_sleep_ends_the_wait() -> None:
    class Interrupted(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            raise KeyboardInterrupt

    clock = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        Waiter(clock, lambda _waiting: None).until(never, MINUTE)
    assert clock.slept == [2]


@given(st.integers(0, 500), st.integers(1, 60))
def test_every_wait_ends_less_than_one_interval_after_its_deadline(deadline: int, interval: int) -> None:
    bench = Bench()
    with pytest.raises(MigrateError):
        bench.waiter.until(never, Patience(deadline, interval))
    assert deadline <= bench.clock.monotonic() < deadline + interval


def test_a_reason_to_wait_may_say_when_to_look_again(bench: Bench) -> None:
    pauses = iter([7.5, 0.25, None])

    def probe() -> Waiting | str:
        again = next(pauses, "end")
        return "ready" if again == "end" else Waiting("soon", again=again if isinstance(again, float) else None)

    assert bench.waiter.until(probe, MINUTE) == "ready"
    assert bench.clock.slept == [7.5, 0.25, 2]


def test_a_long_pause_ends_at_the_deadline_with_one_more_look(bench: Bench) -> None:
    with pytest.raises(WaitExpired):
        bench.waiter.until(lambda: Waiting("later", again=50), MINUTE)
    assert bench.clock.slept == [50, 10]


def test_what_costs_a_call_is_looked_at_less_often_the_longer_it_takes() -> None:
    bench = Bench()
    bench.waiter.until(bench.ready_after(600), Patience(deadline=900, interval=1.5, longest=10))

    pauses = bench.clock.slept
    assert pauses[:10] == [1.5] * 10
    assert pauses == sorted(pauses)
    assert pauses[-1] == 10
    assert bench.clock.monotonic() <= 610


def test_a_change_is_seen_late_by_a_tenth_of_the_wait_at_most() -> None:
    for seconds in (20, 45, 90):
        bench = Bench()
        bench.waiter.until(bench.ready_after(seconds), Patience(deadline=900, interval=1.5, longest=10))
        assert bench.clock.monotonic() <= 1.1 * seconds + 1.5


def test_a_wait_whose_last_pause_is_what_rounding_leaves_of_it_ends(bench: Bench) -> None:
    bench.clock.sleep(8180.1)
    looks = iter([59.9, 0.09999999999])

    def probe() -> Waiting:
        return Waiting("not yet", again=next(looks, 1e-13))

    with pytest.raises(WaitExpired):
        bench.waiter.until(probe, MINUTE)
    assert len(bench.told) < 10
