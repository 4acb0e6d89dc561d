"""Whose calls to Heroku come first."""

from __future__ import annotations

from fakes.heroku import FakeHeroku
from fakes.machine import Machine, kill_after

from migrate.events import MigrationStarted, StepDone, StepStarted
from migrate.fleet.urgency import urgent


def test_an_app_is_urgent_from_before_its_eager_release_until_the_one_that_ends_it() -> None:
    machine = Machine("", FakeHeroku())
    machine.begin()
    urgency, seen = False, dict[str, bool]()
    for event in machine.events:
        urgency = urgent(event, urgency)
        if isinstance(event, StepStarted | StepDone):
            seen[f"{event.step} {type(event).__name__}"] = urgency

    when = [name for name, value in seen.items() if value]
    assert (when[0], when[-1]) == ("eager-on StepDone", "eager-off StepStarted")
    assert not urgency


def test_an_app_that_is_eager_is_urgent_when_somebody_goes_on_with_it() -> None:
    machine = Machine("", FakeHeroku(), on_event=kill_after("eager-on"))
    machine.finish()
    resumed = [event for event in machine.events if isinstance(event, MigrationStarted)][-1]

    assert urgent(resumed, False)
