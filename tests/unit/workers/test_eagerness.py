"""Whether an app reads the eager variable, as far as its workers show."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.broker_reports import a_node
from fakes.heroku import FakeHeroku
from fakes.machine import Machine

from migrate.events import StepNoted
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.workers.eagerness import DJANGO, PLAIN, reads_variable

IGNORES: dict[str, object] = {"eager_outside_workers": False}


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"task_always_eager": True}, True),
        ({"eager_outside_workers": True, "task_always_eager": False}, True),
        ({"CELERY_EAGER_OUTSIDE_WORKERS": True}, True),
        ({}, False),
        ({"task_always_eager": False}, False),
    ],
)
def test_a_worker_shows_it_by_being_eager_or_by_its_word(settings: dict[str, object], *, shown: bool) -> None:
    assert reads_variable([a_node("a"), a_node("b", settings=settings)]) is shown


def test_where_nobody_answers_nothing_is_shown() -> None:
    assert reads_variable([]) is None


def machine(*accepted: str) -> Machine:
    heroku = FakeHeroku()
    heroku.worker_settings = IGNORES
    return Machine("", heroku, choices=Choices(accepted=("WORKERS_MAY_BE_EAGER", *accepted)))


def test_an_app_that_ignores_the_variable_is_told_before_the_drain_and_keeps_its_broker() -> None:
    ignoring = machine()

    result = ignoring.begin()

    assert (result.exit, result.code) == (Exit.RESUMABLE, "EAGER_IGNORED")
    assert result.choices[0].startswith("migrate-plan resume mig-7f3k2q --accept EAGER_IGNORED")
    assert "remove" not in ignoring.heroku.writes
    (lines,) = (event.text for event in ignoring.events if isinstance(event, StepNoted) and event.step == "drain")
    assert PLAIN in lines
    assert DJANGO in lines


def test_its_workers_are_on_their_queues_when_it_stops_there() -> None:
    ignoring = machine()
    ignoring.begin()

    broker: Any = ignoring.heroku.broker_of("cloudamqp-old-1")
    assert broker.off.isdisjoint(broker.workers)


def test_accepted_by_name_it_goes_on_to_the_end() -> None:
    assert machine("EAGER_IGNORED").begin().exit == Exit.DONE


@pytest.mark.parametrize("snippet", [PLAIN, DJANGO])
def test_the_lines_keep_workers_out_of_eager_mode_and_compile(snippet: str) -> None:
    compile(snippet, "settings.py", "exec")
    assert "conf.eager_outside_workers = True" in snippet
