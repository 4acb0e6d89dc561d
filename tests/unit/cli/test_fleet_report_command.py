"""``fleet report`` on a store: Markdown to stdout, or a page in a file, and what keeps it from going there."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.fleet_pages import mixed, write_to
from typer.testing import CliRunner

from migrate.cli.app import app
from migrate.store.store import Store

if TYPE_CHECKING:
    from typer.testing import Result


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MIGRATE_STORE", raising=False)
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    write_to(Store(url, FakeClock()), mixed())
    return url


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["fleet", "report", *words, "--store", url])


def test_without_a_file_it_is_markdown_on_stdout(url: str) -> None:
    result = run(url)

    assert result.exit_code == 0
    assert result.stdout.startswith("# Fleet brokers to cloudamqp:bunny\n")
    assert list(Path().glob("*.html")) == []


def test_a_file_gets_one_page_that_only_its_owner_can_read(url: str) -> None:
    result = run(url, "brokers", "-o", "fleet.html")

    assert (result.exit_code, "The report of fleet brokers is in fleet.html." in result.stdout) == (0, True)
    written = Path("fleet.html")
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    text = written.read_text()
    assert text.startswith("<!doctype html>")
    assert "migrate-plan resume mig-wiki" in text
    assert f"migrate-plan fleet continue fleet-7f3k2q --store {url}" in text
    assert f"migrate-plan status mig-wiki --store {url}" in text
    assert "held for 3 min" in text


def test_a_file_that_ends_in_md_gets_markdown(url: str) -> None:
    assert run(url, "-o", "fleet.md").exit_code == 0

    assert Path("fleet.md").read_text() == run(url).stdout


def test_a_file_that_is_there_is_kept_until_it_is_said(url: str) -> None:
    Path("mine.html").write_text("mine")

    refused = run(url, "-o", "mine.html")
    assert refused.exit_code == 1
    assert "REPORT_NOT_WRITTEN" in refused.output
    assert f"migrate-plan fleet report fleet-7f3k2q -o mine.html --force --store {url}" in refused.output
    assert Path("mine.html").read_text() == "mine"

    assert run(url, "-o", "mine.html", "--force").exit_code == 0
    assert Path("mine.html").read_text() != "mine"


def test_with_json_the_fleet_is_told_and_the_page_is_written_as_well(url: str) -> None:
    result = run(url, "--json", "-o", "fleet.html")

    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [item["type"] for item in told] == ["fleet", "result"]
    assert told[-1]["code"] == "REPORTED"
    assert Path("fleet.html").exists()


def test_a_store_without_that_fleet_says_so(url: str, tmp_path: Path) -> None:
    assert "The store has no fleet other." in run(url, "other", "-o", "fleet.html").output
    assert run(f"sqlite:///{tmp_path / 'empty.sqlite3'}", "-o", "fleet.html").exit_code != 0
    assert not Path("fleet.html").exists()
