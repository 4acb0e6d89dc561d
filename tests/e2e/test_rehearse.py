"""`migrate-plan rehearse` on an app that knows nothing of it, laid out as Flask's and Celery's docs show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.rehearsing import LONG, SAMPLES, check_nothing_left, start
from e2e.stage import finish

if TYPE_CHECKING:
    from pathlib import Path


def test_a_flask_app_with_celery_is_moved_and_nothing_is_lost(tmp_path: Path) -> None:
    orders = ("--request", "POST /orders", "--request", "POST /letters", "--rate", "4")
    finished = finish(
        start(tmp_path, "--app-dir", str(SAMPLES / "flask_celery"), *orders, "--report", "page.html"), LONG
    )
    said = finished.out.splitlines()

    assert finished.status == 0, finished.out + finished.err
    assert "queue celery: 1 consumer" in said
    assert [line.split()[3:] for line in said if line.startswith("shop.tasks.")] == [["0", "0"]] * 4
    assert [line.split()[1] for line in said if line.startswith("requests ")] == ["before:", "eager:", "after:"]
    assert any(line.startswith("migration: 5 releases, ") for line in said)
    assert said[-1].startswith("ledger: ")
    assert "0 lost, 0 doubled; eager window" in said[-1]
    page = (tmp_path / "page.html").read_text()
    assert "0 lost, 0 doubled" in page
    assert "proven empty" in page
    check_nothing_left(tmp_path)
