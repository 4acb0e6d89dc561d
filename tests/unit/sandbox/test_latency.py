from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from migrate.sandbox.rehearsal import latency
from migrate.sandbox.rehearsal.latency import Routed

if TYPE_CHECKING:
    from pathlib import Path


def request(time: float, seconds: float = 0.01, status: int = 202, code: str = "") -> Routed:
    return Routed(time, seconds, status, code)


def release(time: float, description: str, status: str = "succeeded", app: str = "shop") -> dict[str, Any]:
    return {"time": time, "event": "release", "app": app, "status": status, "description": description}


def write(path: Path, documents: list[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(item)}\n" for item in documents))


def test_a_request_belongs_to_the_phase_in_which_it_began() -> None:
    seen = [request(9.9, 20), request(10), request(19.9, 5), request(20), request(30)]

    assert [(item.name, item.count) for item in latency.phases(seen, (10, 20))] == [
        ("before", 1),
        ("eager", 2),
        ("after", 2),
    ]


def test_a_phase_has_its_percentiles_and_its_errors_by_code() -> None:
    seen = [request(0, n / 100) for n in range(1, 97)]
    seen += [request(0, 30, 503, "H12"), request(0, 30, 503, "H12"), request(0, 1, 500), request(0, 1, 404)]

    measured = latency.phase("eager", seen)

    assert (measured.count, measured.median, measured.p95, measured.longest) == (100, 0.5, 0.95, 30)
    assert measured.errors == {"500": 1, "H12": 2}


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 2), (0.51, 3), (0.95, 4), (1.0, 4)])
def test_a_percentile_is_one_of_the_values(share: float, value: int) -> None:
    assert latency.percentile([1, 2, 3, 4], share) == value


def test_phases_are_told_in_one_line_each() -> None:
    seen = [request(1), request(15, 30.001, 503, "H12"), request(16, 0.5)]

    assert latency.lines(latency.phases(seen, (10, 20))) == [
        "requests before:     1  p50 10 ms, p95 10 ms, longest 10 ms; no errors",
        "requests eager:      2  p50 500 ms, p95 30001 ms, longest 30001 ms; 1 x H12",
        "requests after:  none",
    ]


def test_the_window_is_between_the_releases_that_change_the_variable(tmp_path: Path) -> None:
    both = "CELERY_ALWAYS_EAGER, MIGRATE_PLAN config vars"
    write(
        tmp_path / "events.jsonl",
        [
            release(1, "Deploy 1234abcd"),
            release(2, f"Set {both}", "pending"),
            release(3, f"Set {both}"),
            release(4, f"Set {both}", app="other"),
            {"time": 5, "event": "dyno up", "app": "shop"},
            release(6, "Detach CLOUDAMQP (@ref:x)"),
            release(7, f"Remove {both}"),
        ],
    )

    assert latency.eager_window(tmp_path, "shop") == (3, 7)
    assert latency.eager_window(tmp_path, "other") is None


def test_requests_are_read_by_app_and_a_line_without_an_end_is_left_out(tmp_path: Path) -> None:
    line = {"time": 1, "app": "shop", "seconds": 0.2, "status": 503, "code": "H12"}
    write(tmp_path / "router.jsonl", [line, line | {"app": "other"}])
    with (tmp_path / "router.jsonl").open("a") as stream:
        stream.write('{"time": 2, "app": "sh')

    assert latency.routed(tmp_path, "shop") == (Routed(1, 0.2, 503, "H12"),)
