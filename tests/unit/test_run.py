"""What a process may take for known about the app it works on, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.crew import Crew

from migrate.changes.releases import wait_for_dynos
from migrate.run import FORMATION_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.run import Run


@pytest.fixture
def crew() -> Crew:
    return Crew([])


@pytest.fixture
def run(crew: Crew) -> Run:
    return crew.run()


def counted(run: Run, name: str) -> list[float]:
    """Return when a method of Heroku is called, as the list fills."""
    heroku: Any = run.heroku
    asked: list[float] = []
    ask: Callable[[str], object] = getattr(heroku, name)

    def count(app: str) -> object:
        asked.append(run.clock.monotonic())
        return ask(app)

    setattr(heroku, name, count)
    return asked


def test_the_formation_is_asked_anew_after_fifteen_seconds_and_what_was_scaled_by_then_is_seen(
    crew: Crew, run: Run
) -> None:
    heroku: Any = run.heroku
    asked = counted(run, "formation")
    before = run.formation()
    heroku.quantities["web"] += 1

    assert run.formation() == before
    crew.clock.sleep(FORMATION_SECONDS)
    assert run.formation() == heroku.formation("shop") != before
    assert len(asked) == 3


def test_a_scaling_of_ones_own_is_seen_at_once(run: Run) -> None:
    run.formation()

    run.scale({"worker": 0})

    assert {item.type: item.quantity for item in run.formation()}["worker"] == 0


def test_a_scaling_whose_answer_was_lost_is_seen_at_once(run: Run) -> None:
    heroku: Any = run.heroku
    scale = heroku.scale

    def scale_and_be_lost(app: str, quantities: dict[str, int]) -> None:
        scale(app, quantities)
        raise ConnectionError

    heroku.scale = scale_and_be_lost
    run.formation()

    with pytest.raises(ConnectionError):
        run.scale({"worker": 0})

    assert {item.type: item.quantity for item in run.formation()}["worker"] == 0


def test_a_dyno_that_was_added_right_before_a_release_is_waited_for_after_it(crew: Crew, run: Run) -> None:
    heroku: Any = run.heroku
    run.formation()
    heroku.quantities["web"] += 1
    listed = heroku.dynos("shop")
    added = [dyno for dyno in listed if dyno.type == "web"][-1]
    late = {True: tuple(dyno for dyno in listed if dyno.id != added.id), False: listed}
    heroku.dynos = lambda _app: late[crew.clock.monotonic() < 10]

    wait_for_dynos(run, 1)

    assert crew.clock.monotonic() >= 10


def test_the_dynos_of_a_release_are_first_asked_for_when_one_can_have_booted(crew: Crew, run: Run) -> None:
    asked = counted(run, "dynos")
    began = crew.clock.monotonic()

    wait_for_dynos(run, 1)
    wait_for_dynos(run, 1)

    first, second = (moment - began for moment in asked)
    assert first == second == run.limits.dynos.interval
    assert [waiting.reason for waiting in crew.told] == ["v1 is live, its dynos are next"]
