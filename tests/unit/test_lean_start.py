"""What a command loads, in a process of its own: what it does not need must not be waited for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration

from migrate.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import json, sys
from migrate.__main__ import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print()
print(json.dumps(sorted(sys.modules)))
"""
HEAVY = {
    "aiohttp",
    "celery",
    "jinja2",
    "kombu",
    "pydantic",
    "questionary",
    "requests",
    "rich",
    "sqlalchemy",
    "tenacity",
}


def loaded(folder: Path, *words: str, **environment: str) -> set[str]:
    own = {"PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(folder), "HEROKU_APP": "my-app", **environment}
    command = [sys.executable, "-c", PROGRAM, *words]
    ended = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=True)
    return set(json.loads(ended.stdout.splitlines()[-1]))


@pytest.mark.parametrize("words", [("--help",), ("status", "--help"), ("--to", "bunny", "--dry-run", "--help")])
def test_help_loads_nothing_that_only_work_needs(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert loaded(tmp_path, *words) & (HEAVY | {"migrate.steps", "migrate.events", "migrate.store"}) == set()


def test_a_command_loads_no_other_command(tmp_path: Path) -> None:
    found = loaded(tmp_path, "status", "--help")

    assert "migrate.cli.status" in found
    assert found & {"migrate.cli.resume", "migrate.cli.fleet", "migrate.cli.sandbox"} == set()


def test_values_from_the_command_line_and_the_environment_are_taken_without_pydantic(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'store.sqlite3'}"

    assert "pydantic" not in loaded(tmp_path, "--strategy", "bridge", "status", "--app", "other", MIGRATE_STORE=store)


@pytest.mark.parametrize("words", [("status",), ("status", "mig-7f3k2q", "--json")])
def test_status_loads_no_library_for_databases_or_networks(tmp_path: Path, words: tuple[str, ...]) -> None:
    found = loaded(tmp_path, *words, HEROKU_APP="shop", MIGRATE_STORE=with_a_migration(tmp_path))

    assert found & (HEAVY - {"rich"} | {"amqp"}) == set()
    assert found & {"migrate.preflight", "migrate.survey", "migrate.facts", "migrate.lookout"} == set()


def test_history_loads_no_library_for_databases(tmp_path: Path) -> None:
    assert "sqlalchemy" not in loaded(tmp_path, "history", MIGRATE_STORE=with_a_migration(tmp_path))


def test_no_store_needs_no_library_for_databases(tmp_path: Path) -> None:
    assert "sqlalchemy" not in loaded(tmp_path, "status", HEROKU_APP="")


def with_a_migration(folder: Path) -> str:
    url = f"sqlite:///{folder / 'store.sqlite3'}"
    Store(url, FakeClock()).create(a_migration())
    return url


PREVIEW = """
import json, sys
import migrate.cli.app, migrate.cli.speech, migrate.cli.wish, migrate.cli.world
import migrate.clients.heroku, migrate.clients.heroku_transport, migrate.clients.insistence
import migrate.planning.opening, migrate.survey
print(json.dumps(sorted(sys.modules)))
"""


def test_what_makes_a_preview_loads_no_store_and_nothing_that_migrates() -> None:
    ended = subprocess.run([sys.executable, "-c", PREVIEW], capture_output=True, text=True, check=True)
    found = set(json.loads(ended.stdout))

    assert found & (HEAVY - {"requests", "rich"}) == set()
    assert (
        found & {"migrate.runner", "migrate.store.store", "migrate.lookout", "migrate.listeners.history_text"}
        == set()
    )
