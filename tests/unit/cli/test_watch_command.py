"""``watch``: on a terminal the same as ``status --watch``; what goes with --web alone is refused without it."""

from __future__ import annotations

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
    from pathlib import Path


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    store = Store(url, FakeClock())
    store.create(a_migration())
    store.set_state("mig-7f3k2q", State.DONE)
    whole().write_to(store)
    return url


@pytest.mark.parametrize("words", [(), ("mig-7f3k2q",), ("--app", "shop")])
def test_it_follows_a_migration_as_status_does(url: str, words: tuple[str, ...]) -> None:
    watched = CliRunner().invoke(app, ["watch", *words, "--store", url])
    status = CliRunner().invoke(app, ["status", *words, "--watch", "--store", url])

    assert (watched.exit_code, watched.output[10:]) == (status.exit_code, status.output[10:])
    assert "done" in watched.output


@pytest.mark.parametrize(
    "words",
    [("--all",), ("--port", "8123"), ("mig-7f3k2q", "mig-333333"), ("--web", "--all", "mig-7f3k2q")],
)
def test_what_does_not_go_together_is_refused(url: str, words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, ["watch", *words, "--store", url])

    assert result.exit_code == 2
    assert "migrate-plan watch --web --all" in result.output


def test_without_a_migration_there_is_nothing_to_serve(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["watch", "--web", "--store", f"sqlite:///{tmp_path / 'none.sqlite3'}"])

    assert result.exit_code == 0
    assert "The store has no migration." in result.output


def test_a_migration_that_is_not_known_is_an_error_before_anything_is_served(url: str) -> None:
    assert CliRunner().invoke(app, ["watch", "--web", "mig-222222", "--store", url]).exit_code == 1
