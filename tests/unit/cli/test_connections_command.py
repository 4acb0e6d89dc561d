"""``migrate-plan connections`` on a Heroku and a broker in memory: its verdict, its status, no secret."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from fakes.heroku import APP, COMMANDS, FakeHeroku
from typer.testing import CliRunner

from migrate.cli.app import app
from migrate.cli.world import World

if TYPE_CHECKING:
    from typer.testing import Result

CANARY = "canary-pass/word"


@pytest.fixture
def heroku(monkeypatch: pytest.MonkeyPatch) -> FakeHeroku:
    fake = FakeHeroku()
    fake.worker_settings = {"broker_pool_limit": 1, "broker_url": f"amqps://u:{quote(CANARY, safe='')}@h/v"}
    monkeypatch.setattr(World, "heroku", lambda _world, _speech: fake)
    monkeypatch.setattr(World, "brokers", lambda _world: fake)
    return fake


def run(*options: str) -> tuple[Result, list[dict[str, Any]]]:
    result = CliRunner().invoke(app, ["connections", "--app", APP, "--json", *options])
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_an_app_that_fits_ends_with_0_and_nothing_is_written(heroku: FakeHeroku) -> None:
    result, (counted, ended) = run("--what-if", "web-workers=2,concurrency=2")

    assert (result.exit_code, counted["verdict"], ended["code"]) == (0, "fits", "CONNECTIONS_FIT")
    assert counted["limit_source"] == "the broker's vhost-limits"
    assert heroku.writes == []


def test_too_many_ends_with_4_says_what_would_fit_and_leads_to_a_page(heroku: FakeHeroku) -> None:
    result, (counted, ended) = run("--what-if", "web-workers=2,concurrency=30")

    assert (result.exit_code, counted["verdict"], ended["code"]) == (4, "too many", "CONNECTIONS_TOO_MANY")
    assert any(fix.startswith("concurrency ") for fix in counted["fixes"])
    assert (ended["runbook"], ended["next"]) == ("preflight", [f"migrate-plan plans --app {APP}"])
    assert heroku.writes == []


def test_a_plan_whose_limit_nobody_says_ends_with_4_and_is_unknown(heroku: FakeHeroku) -> None:
    result, (counted, ended) = run("--what-if", "plan=bunny,web-workers=2,concurrency=2")

    assert (result.exit_code, counted["verdict"], ended["code"]) == (4, "unknown", "CONNECTIONS_UNCOUNTED")
    assert (counted["limit"], counted["plan"]) == (None, "cloudamqp:bunny")
    assert heroku.writes == []


def test_what_is_not_seen_can_be_said_by_the_command_that_comes_next(
    heroku: FakeHeroku, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COMMANDS, "web", "bin/serve")
    _, (counted, ended) = run("--what-if", "concurrency=2")
    command = f"migrate-plan connections --app {APP} --what-if concurrency=2,web-workers=N"

    assert (counted["verdict"], ended["code"]) == ("unknown", "CONNECTIONS_UNCOUNTED")
    assert ended["next"] == [f"{command}    (with your figures for N)"]
    assert run(*shlex.split(command.replace("=N", "=2"))[4:])[0].exit_code == 0
    assert heroku.writes == []


@pytest.mark.parametrize("asked", ["plan=bunyn", "wbe=2"])
def test_what_does_not_exist_is_a_fault_of_the_command_line(heroku: FakeHeroku, asked: str) -> None:
    result, (ended,) = run("--what-if", asked)

    assert (result.exit_code, ended["code"]) == (2, "USAGE")
    assert heroku.writes == []


def test_no_secret_is_said(heroku: FakeHeroku) -> None:
    heroku.config["WEB_CONCURRENCY"] = CANARY
    result, _ = run()
    text = result.stdout + result.stderr
    secrets = (CANARY, quote(CANARY, safe=""), *(value for value in heroku.config.values() if "://" in value))

    assert len(secrets) > 2
    assert [value for value in secrets if value in text] == []
