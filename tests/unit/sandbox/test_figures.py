from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from migrate.sandbox.journal import EVENTS
from migrate.sandbox.rehearsal import figures
from migrate.sandbox.rehearsal.figures import Figures, Span

if TYPE_CHECKING:
    from pathlib import Path

BROKER = ("CLOUDAMQP_URL", "CLOUDAMQP_APIKEY")
BRIDGE = ("CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL")


def release(
    time: float, version: int, *variables: str, status: str = "succeeded", app: str = "shop"
) -> dict[str, Any]:
    released = {"version": version, "status": status, "variables": list(variables)}
    return {"time": time, "event": "release", "app": app, **released}


def made(time: float, version: int, *variables: str, app: str = "shop") -> list[dict[str, Any]]:
    """A release without a release phase is live at once."""
    return [
        release(time, version, *variables, status="pending", app=app),
        release(time, version, *variables, app=app),
    ]


def started(time: float, dyno: str, app: str = "shop") -> dict[str, Any]:
    return {"time": time, "event": "dyno started", "app": app, "dyno": dyno}


def cost(events: list[dict[str, Any]], begin: float = 10, end: float = 20) -> Figures:
    return figures.figures(events, "shop", Span(begin, end), "CLOUDAMQP_URL")


def test_a_migration_that_makes_no_release_costs_nothing_but_time() -> None:
    assert cost(made(1, 1, *BROKER)) == Figures(0, 0, 0.0, 0.0, 10)


def test_releases_count_that_are_made_in_it_failed_ones_too_and_each_once() -> None:
    before = [*made(1, 1, *BROKER), release(9, 2, *BROKER, status="pending"), release(11, 2, *BROKER)]
    during = [*made(12, 3, *BROKER), release(13, 4, status="pending"), release(14, 4, status="failed")]
    after, elsewhere = made(21, 5, *BROKER), made(15, 6, app="other")

    assert cost(before + during + after + elsewhere).releases == 2


def test_seconds_count_while_a_release_is_live_and_only_within_the_migration() -> None:
    eager = [*made(1, 1, *BROKER), *made(12, 2, "CELERY_ALWAYS_EAGER", *BROKER), *made(15.5, 3, *BROKER)]
    never_ended = [*made(1, 1, *BROKER), *made(12, 2, "CELERY_ALWAYS_EAGER", *BROKER), *made(30, 3, *BROKER)]
    from_before = [*made(1, 1, "CELERY_ALWAYS_EAGER", *BROKER), *made(12, 2, *BROKER)]

    assert [cost(events).eager_seconds for events in (eager, never_ended, from_before)] == [3.5, 8, 2]


def test_a_release_is_not_live_while_it_is_pending_and_never_when_it_failed() -> None:
    pending = [*made(1, 1, *BROKER), release(12, 2, status="pending"), release(15, 2), *made(16, 3, *BROKER)]
    failed = [*made(1, 1, *BROKER), release(12, 2, status="pending"), release(15, 2, status="failed")]

    assert [cost(events).brokerless_seconds for events in (pending, failed)] == [1, 0]


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        (BROKER, 0),
        ((), 4),
        (("CLOUDAMQP_NEW_URL", "CLOUDAMQP_OLD_URL"), 4),  # names that the app does not read
        (BRIDGE, 0),
        (BRIDGE[:1], 4),
    ],
)
def test_an_app_has_a_broker_under_the_name_that_it_reads_or_that_celery_reads_for_it(
    variables: tuple[str, ...], seconds: float
) -> None:
    events = [*made(1, 1, *BROKER), *made(12, 2, *variables), *made(16, 3, *BROKER)]

    assert cost(events).brokerless_seconds == seconds


def test_every_start_of_a_dyno_of_the_formation_is_a_restart() -> None:
    dynos = [started(9, "web.1"), started(11, "web.1"), started(12, "worker.2"), started(13, "worker.2")]
    others = [started(14, "run.4711"), started(14, "release.1234"), started(15, "web.1", app="other")]

    assert cost(made(1, 1, *BROKER) + dynos + others).restarts == 3


def test_the_journal_of_a_sandbox_is_read_up_to_a_line_that_is_being_written(tmp_path: Path) -> None:
    events = [*made(1, 1, *BROKER), *made(12, 2), {"time": 13, "event": "anything"}, *made(14, 3, *BROKER)]
    (tmp_path / EVENTS).write_text("".join(f"{json.dumps(item)}\n" for item in events) + '{"time": 15, "ev')

    measured = figures.measured(tmp_path, "shop", Span(10, 20), "CLOUDAMQP_URL")

    assert figures.line(measured) == (
        "migration: 2 releases, 0 restarts of dynos, 0.0 s eager, 2.0 s without a broker, 10.0 s in all"
    )
