from __future__ import annotations

import pytest
from fakes.facts import WEB, WORKER, healthy_facts

from migrate.platform import ProcessType
from migrate.preflight.beat_runs import beat_runs
from migrate.preflight.finding import Severity


def test_an_app_without_beat_is_no_finding() -> None:
    assert beat_runs(healthy_facts()) is None


@pytest.mark.parametrize(
    ("command", "do"),
    [
        ("celery -A shop beat", "--pause clock"),
        ("celery --app shop beat --loglevel info", "--pause clock"),
        ("celery -A shop worker -B", "run beat in a process type of its own"),
        ("celery worker --beat", "run beat in a process type of its own"),
    ],
)
def test_beat_is_warned_of_in_each_of_its_forms(command: str, do: str) -> None:
    found = beat_runs(healthy_facts(formation=(WEB, WORKER, ProcessType("clock", 1, command))))

    assert found is not None
    assert (found.code, found.severity) == ("BEAT_RUNS", Severity.WARN)
    assert found.what == "Celery beat runs in: clock."
    assert found.do.startswith(do)


def test_beat_that_is_to_be_paused_is_no_finding() -> None:
    clock = ProcessType("clock", 1, "celery -A shop beat")
    assert beat_runs(healthy_facts(formation=(clock,), paused={"clock": 1})) is None


def test_beat_that_is_scaled_to_zero_is_no_finding() -> None:
    assert beat_runs(healthy_facts(formation=(ProcessType("clock", 0, "celery -A shop beat"),))) is None
