from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from migrate.sandbox.rehearsal import report
from migrate.sandbox.rehearsal.figures import Figures
from migrate.sandbox.rehearsal.judgement import judged
from migrate.sandbox.rehearsal.latency import Phase
from migrate.sandbox.rehearsal.report import Report

ALL = Phase("all", 2, 0.01, 0.02, 0.02, {})

COST = Figures(6, 10, 41.0, 1.0, 60.0)


def records(task_id: str, name: str, *deeds: str) -> list[dict[str, Any]]:
    return [{"what": what, "id": task_id, "name": name, "where": "worker", "state": "FAILURE"} for what in deeds]


def a_report() -> Report:
    kept = [*records("a", "shop.thank", "handed", "started", "finished"), *records("b", "shop.reserve", "handed")]
    return Report("shop", {"celery": 2}, judged(kept, (), datetime.now(UTC)), (ALL,), COST, 41.23)


def test_a_report_has_a_line_for_each_name_and_for_each_phase() -> None:
    assert report.lines(a_report()) == [
        "task          handed over     executed         lost      doubled",
        "shop.reserve            1            0            1            0",
        "shop.thank              1            1            0            0",
        "raised: 1 tasks",
        "requests all:        2  p50 10 ms, p95 20 ms, longest 20 ms; no errors",
        "migration: 6 releases, 10 restarts of dynos, 41.0 s eager, 1.0 s without a broker, 60.0 s in all",
    ]


def test_its_last_line_is_the_verdict() -> None:
    verdict = "ledger: 2 handed over, 1 executed, 1 lost, 0 doubled; eager window 41.2 s"
    assert report.verdict(a_report()) == verdict


def test_a_queue_is_told_with_its_consumers() -> None:
    assert report.queue_lines({"celery": 2, "mail": 1, "dead": 0}) == [
        "queue celery: 2 consumers",
        "queue mail: 1 consumer",
        "queue dead: no consumers",
    ]
