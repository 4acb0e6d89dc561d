"""Commands that read: no write to Heroku, no file, whatever they find."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fakes.heroku import APP, FakeHeroku
from typer.testing import CliRunner

from migrate.cli.app import app
from migrate.cli.world import World

if TYPE_CHECKING:
    from pathlib import Path


HERE = ("--store", "sqlite:///here.sqlite3")


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "bunny", "--dry-run", "--app", APP),
        ("--to", "bunny", "--dry-run", "--app", APP, *HERE),
        ("doctor", "--app", APP),
        ("connections", "--app", APP),
        ("plans", "--app", APP),
        ("flower", "--app", APP),
        ("flower", "--app", APP, *HERE),
        ("status",),
        ("status", *HERE),
        ("status", "--app", APP),
        ("status", "mig-aaaaaa"),
        ("status", "mig-aaaaaa", "--watch", *HERE),
        ("history",),
        ("history", *HERE),
        ("report",),
        ("report", *HERE),
        ("fleet", "status"),
        ("fleet", "report"),
        ("fleet", "status", *HERE),
    ],
)
def test_a_command_that_reads_writes_nothing_and_ends_with_a_result(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heroku = FakeHeroku()
    monkeypatch.setattr(World, "heroku", lambda _world, _speech: heroku)
    monkeypatch.setattr(World, "brokers", lambda _world: heroku)
    monkeypatch.delenv("MIGRATE_STORE", raising=False)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)

    # It has defaults of an app, so that the app of a migration is looked up before the command begins.
    (tmp_path / "migrate-plan.toml").write_text("[apps.shop]\ndrain-timeout = 60\n")

    ended = CliRunner().invoke(app, [*words, "--json"])

    result = json.loads(ended.stdout.splitlines()[-1])
    assert (result["type"], result["exit"]) == ("result", ended.exit_code)
    assert ([path.name for path in tmp_path.rglob("*")], heroku.writes) == (["migrate-plan.toml"], [])
    assert ("There is no store at" in ended.stderr) is (
        words[0] in {"status", "history", "flower", "report", "fleet"}
    )
