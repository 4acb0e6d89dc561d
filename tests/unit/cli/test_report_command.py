"""``report`` on a store: where the page goes, and what keeps it from going there."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration
from fakes.records import whole
from typer.testing import CliRunner

from migrate.cli.app import app
from migrate.store.records import State
from migrate.store.store import Store

if TYPE_CHECKING:
    from typer.testing import Result

CHECKPOINTS = Path(__file__).parents[2] / "data" / "checkpoints" / "0.1.0"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    store = Store(url, FakeClock())
    store.create(a_migration())
    store.set_state("mig-7f3k2q", State.DONE)
    whole().write_to(store)
    return url


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["report", *words, "--store", url])


def test_a_page_is_written_that_only_its_owner_can_read(url: str) -> None:
    result = run(url)

    assert (result.exit_code, "report-mig-7f3k2q.html" in result.output) == (0, True)
    written = Path("report-mig-7f3k2q.html")
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert "0 messages left behind" in written.read_text()


def test_a_file_that_is_there_is_kept_until_it_is_said(url: str) -> None:
    Path("mine.html").write_text("mine")

    refused = run(url, "-o", "mine.html")
    assert refused.exit_code == 1
    assert "REPORT_NOT_WRITTEN" in refused.output
    assert f"migrate-plan report mig-7f3k2q -o mine.html --force --store {url}" in refused.output
    assert Path("mine.html").read_text() == "mine"

    assert run(url, "-o", "mine.html", "--force").exit_code == 0
    assert Path("mine.html").read_text() != "mine"


def test_a_place_that_cannot_be_written_is_said_with_the_reason(url: str) -> None:
    result = run(url, "-o", "nowhere/page.html")

    assert result.exit_code == 1
    assert "No such file or directory" in result.output
    assert "another --output" in result.output


def test_a_store_without_a_migration_has_nothing_to_report(url: str, tmp_path: Path) -> None:
    assert "has no migration of other" in run(url, "--app", "other").output
    assert "has no migration" in run(f"sqlite:///{tmp_path / 'empty.sqlite3'}").output
    assert run(url, "mig-222222").exit_code == 1


@pytest.mark.parametrize("name", ["done", "stopped-in-drain", "stopped-after-removal", "killed-in-add"])
def test_what_a_version_without_a_record_left_has_a_page_that_says_so(name: str, tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript((CHECKPOINTS / "tables.sqlite.sql").read_text())
        connection.executescript((CHECKPOINTS / f"{name}.sql").read_text())
    connection.close()

    result = run(f"sqlite:///{path}", "-o", str(tmp_path / "page.html"))

    assert result.exit_code == 0, result.output
    assert "The store has no record of what happened" in (tmp_path / "page.html").read_text()
