from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from migrate.events import ApiCalled, StepDone, StepStarted, StepWaiting
from migrate.sampling import BEGINNING_SECONDS, CLOSE_SECONDS, MOST, WIDE_SECONDS, Heard, Sampler

if TYPE_CHECKING:
    from migrate.events import Event

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
STARTED = StepStarted("drain", "Wait")
READ = ApiCalled("drain", "GET", "/apps/shop", 200, "", "abc", 0.1, 41)


class Film:
    """A sampler, and what it kept with the second in which it was heard."""

    def __init__(self) -> None:
        self.sampler = Sampler()
        self.kept: list[tuple[float, Event]] = []

    def show(self, second: float, event: Event) -> bool:
        kept = self.sampler.sift(Heard(event, NOON + timedelta(seconds=second), second))
        self.kept += [(item.monotonic, item.event) for item in kept]
        return bool(kept)

    def look(self, second: float, reason: str = "42 messages left") -> bool:
        return self.show(second, StepWaiting("drain", reason))

    def seconds(self) -> list[float]:
        return [second for second, event in self.kept if isinstance(event, StepWaiting)]


def test_of_the_looks_at_the_beginning_of_a_step_one_in_five_seconds_is_kept() -> None:
    film = Film()
    film.show(100, STARTED)
    for second in range(100, 121):
        film.look(second, f"{200 - second} messages left")

    assert film.seconds() == [100, 105, 110, 115, 120]


def test_later_on_one_in_thirty_seconds_is_kept() -> None:
    film = Film()
    film.show(0, STARTED)
    for second in range(int(BEGINNING_SECONDS) + 121):
        film.look(second)

    late = [second for second in film.seconds() if second > BEGINNING_SECONDS]
    assert {after - before for before, after in pairwise(late)} == {WIDE_SECONDS}


def test_another_reason_is_kept_at_once_and_other_figures_are_no_other_reason() -> None:
    film = Film()
    film.show(0, STARTED)

    assert film.look(0, "42 messages left")
    assert not film.look(1, "41 messages left")
    assert film.look(2, "1 worker runs a task")


def test_reasons_that_take_turns_do_not_fill_the_record_of_a_long_wait() -> None:
    film = Film()
    film.show(0, STARTED)
    for second in range(int(BEGINNING_SECONDS), int(BEGINNING_SECONDS) + 100):
        film.look(second, "unknown" if second % 2 else "42 messages left")

    assert len(film.seconds()) <= 100 / CLOSE_SECONDS + 1


def test_the_last_look_before_something_else_happens_is_kept() -> None:
    film = Film()
    film.show(0, STARTED)
    film.look(0, "2 messages left")
    film.look(1, "0 messages left")
    film.show(2, READ)
    film.show(3, StepDone("drain", 3.0))

    assert film.seconds() == [0, 1]
    assert [type(event).__name__ for _, event in film.kept] == [
        "StepStarted",
        "StepWaiting",
        "ApiCalled",
        "StepWaiting",
        "StepDone",
    ]


def test_looks_and_reads_end_at_a_limit_and_everything_else_goes_on() -> None:
    film = Film()
    for second in range(MOST + 10):
        film.show(second, READ)
    assert len(film.kept) == MOST

    assert not film.look(MOST + 100)
    assert film.show(MOST + 200, ApiCalled("remove", "DELETE", "/apps/shop", 200, "", "abc", 0.1, 41))
    assert film.show(MOST + 300, StepDone("drain", 3.0))
