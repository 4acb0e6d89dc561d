"""Rehearsals that must be found out: workers that turn eager, traffic without a task; beside them a clean one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from e2e.rehearsing import LONG, SAMPLES, check_nothing_left, start
from e2e.stage import finish, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from e2e.stage import Finished

pytestmark = pytest.mark.conformance

STAYS_AWAKE = "@celeryd_init.connect"
POSTING = 'while :; do curl --silent --output /dev/null -X POST "$APP_URL/orders"; sleep 0.1; done'


@pytest.fixture(scope="module")
def django_homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return tmp_path_factory.mktemp("awake"), tmp_path_factory.mktemp("eager")


@pytest.fixture(scope="module")
def django(django_homes: tuple[Path, Path]) -> Iterator[tuple[Finished, Finished]]:
    """The Django app as it is, and as it would be without keeping its workers out of eager mode, at the same time."""
    awake, eager = django_homes
    app = shutil.copytree(SAMPLES / "django_celery", eager / "app")
    module = app / "proj" / "celery.py"
    module.write_text(module.read_text().replace(STAYS_AWAKE, ""))
    words = ("--config", "SECRET_KEY=rehearsal", "--traffic", POSTING, "--json")
    first = start(awake, "--app-dir", str(SAMPLES / "django_celery"), *words)
    second = start(eager, "--app-dir", str(app), *words, "--accept", "WORKERS_MAY_BE_EAGER", SETTLE="20")
    with running(first), running(second):
        yield finish(first, LONG), finish(second, LONG)


def test_a_django_app_with_celery_is_moved_and_nothing_is_lost(
    django: tuple[Finished, Finished], django_homes: tuple[Path, Path]
) -> None:
    finished, _ = django
    report = finished.events[-2]

    assert (finished.status, finished.result["code"]) == (0, "DONE"), finished.err
    assert (report["type"], report["clean"], report["lost"], report["doubled"]) == ("rehearsal", True, {}, {})
    assert report["queues"] == {"celery": 1}
    assert all(count["handed_over"] == count["executed"] > 10 for count in report["tasks"].values())
    assert [(phase["name"], phase["count"] > 0) for phase in report["requests"]] == [
        ("before", True),
        ("eager", True),
        ("after", True),
    ]
    check_nothing_left(django_homes[0])


def test_a_django_app_whose_workers_turn_eager_is_found_to_lose_the_tails_of_its_chains(
    django: tuple[Finished, Finished], django_homes: tuple[Path, Path]
) -> None:
    _, finished = django
    report = finished.events[-2]

    assert (finished.status, finished.result["code"]) == (1, "TASKS_LOST"), finished.err
    assert "lost: " in finished.result["why"]
    assert {"orders.tasks.ship", "orders.tasks.thank"} <= set(report["lost"].values())
    assert report["doubled"] == {}
    check_nothing_left(django_homes[1])


def test_a_rehearsal_that_sees_no_task_proves_nothing_and_says_what_it_looked_at(tmp_path: Path) -> None:
    """Its requests are answered, and none of them hands over a task."""
    words = ("--app-dir", str(SAMPLES / "flask_celery"), "--traffic", "echo not a load test; exit 3")
    finished = finish(start(tmp_path, *words, "--json", WARM="5"), LONG)
    why = finished.result["why"]

    assert (finished.status, finished.result["code"]) == (1, "NOTHING_COUNTED"), finished.err
    assert "Dynos with Celery: web.1, worker.1. Tasks published: 0." in why
    assert "ended with 3, says: not a load test" in why
    check_nothing_left(tmp_path)
