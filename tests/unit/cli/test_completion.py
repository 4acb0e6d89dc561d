"""What shells offer, asked as they ask: by the environment, and by real ones where they are installed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.http_server import Answer, Asked, HttpServer, as_json, serving
from fakes.migrations import a_migration
from typer.completion import completion_init  # type: ignore[attr-defined]  # for Typer's own CLI
from typer.testing import CliRunner

from migrate.cli import complete, live_values
from migrate.cli.app import app
from migrate.store.records import State
from migrate.store.store import Store
from migrate.strategies import STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "canary-token-5f1c"
SLOW = "from migrate.cli import completion as c, live_values as v; c._LONGEST_SECONDS = 60; v.BUDGET_SECONDS = 30"
"""A busy machine is not what is looked at."""

APPS = [{"id": "1", "name": name, "maintenance": False} for name in ("my-app", "my-shop", "$(touch pwned)")]
PLANS = [
    {"name": f"cloudamqp:{name}", "price": {"cents": 9900, "unit": "month"}, "state": "ga"}
    for name in ("bunny-1", "bunny-3", "lemur")
]
FORMATION = [{"type": name, "quantity": 2, "command": name, "size": "Basic"} for name in ("web", "worker", "beat")]


def heroku(asked: Asked) -> Answer:
    documents = {
        "/apps": APPS,
        "/addon-services/cloudamqp/plans": PLANS,
        "/apps/my-app/formation": FORMATION,
    }
    return as_json(documents[asked.target]) if asked.target in documents else as_json({"id": "not_found"}, 404)


def asking(line: str) -> dict[str, str]:
    return {"_MIGRATE_PLAN_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}


class Shop:
    """A user's machine: a program on the PATH, a store, a cache, and a Heroku on loopback."""

    def __init__(self, folder: Path, url: str, *, limits: str = SLOW) -> None:
        self.folder = folder
        self.store = f"sqlite:///{folder / 'state' / 'store.sqlite3'}"
        (folder / "bin").mkdir()
        program = folder / "bin" / "migrate-plan"
        program.write_text(f"#!{sys.executable}\n{limits}\nfrom migrate.cli.app import main\nmain()\n")
        program.chmod(0o755)
        kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        self.environment = kept | {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_STATE_HOME": str(folder / "state"),
            "HEROKU_HOST": url,
            "HEROKU_API_KEY": TOKEN,
            "MIGRATE_STORE": self.store,
        }

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self.environment | environment, capture_output=True, text=True, check=False,
            timeout=90,
        )  # fmt: skip

    def offered(self, line: str, **environment: str) -> list[str]:
        """What bash is told for a line, whose last word is being typed; as in a process of its own, only quicker."""
        answer = CliRunner().invoke(
            app, prog_name="migrate-plan", env=self.environment | asking(line) | environment, catch_exceptions=False
        )
        assert (answer.exit_code, answer.stderr) == (0, "")
        return answer.stdout.split()

    def told(self, line: str) -> list[str]:
        """What bash is told by a process."""
        answer = self.run("migrate-plan", **asking(line))
        assert (answer.returncode, answer.stderr) == (0, "")
        return answer.stdout.split()

    @property
    def cached(self) -> list[Path]:
        return sorted(path for path in (self.folder / "cache").rglob("*") if path.is_file())


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with serving(heroku) as server:
        yield server


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(live_values, "BUDGET_SECONDS", 30)
    completion_init()


@pytest.fixture
def shop(tmp_path: Path, server: HttpServer) -> Shop:
    return Shop(tmp_path, server.url)


def with_migrations(shop: Shop) -> None:
    store = Store(shop.store, FakeClock())
    store.create(a_migration(id="mig-aaaaaa", app="stored"))
    store.set_state("mig-aaaaaa", State.DONE)
    store.create(a_migration(id="mig-bbbbbb", app="my-app"))


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("migrate-plan roll", ["rollback"]),
        ("migrate-plan --strategy side", ["side-by-side"]),
        ("migrate-plan --leftovers d", ["dump", "discard"]),
        ("migrate-plan --hold-before remove-", ["remove-old"]),
        ("migrate-plan runbook drain-", ["drain-dynos"]),
        ("migrate-plan runbook WORKERS_B", ["WORKERS_BUSY"]),
        ("migrate-plan runbook workers_b", ["workers_busy"]),
        ("migrate-plan --accept WORKERS_S", ["WORKERS_SILENT"]),
        ("migrate-plan completion z", ["zsh"]),
        ("migrate-plan --app my-", ["my-app", "my-shop"]),
        ("migrate-plan --to bunny", ["bunny-1", "bunny-3"]),
        ("migrate-plan resume --to bunny-3", ["bunny-3"]),
        ("migrate-plan --app my-app --pause be", ["beat"]),
        ("migrate-plan --app my-app --scale-up wor", ["worker=1"]),
        ("migrate-plan --app other --pause be", []),
    ],
)
def test_what_fits_is_offered(shop: Shop, line: str, offered: list[str]) -> None:
    assert shop.offered(line) == offered


def test_migrations_are_those_of_the_store_and_for_what_goes_on_those_that_have_not_ended(shop: Shop) -> None:
    with_migrations(shop)

    assert shop.offered("migrate-plan status mig-") == ["mig-aaaaaa", "mig-bbbbbb"]
    assert shop.offered("migrate-plan resume mig-") == ["mig-bbbbbb"]
    assert shop.offered("migrate-plan --app sto") == ["stored"]


def test_a_store_is_not_made_by_looking_for_it(shop: Shop) -> None:
    assert shop.offered("migrate-plan status mig-") == []
    assert not (shop.folder / "state").exists()


def test_what_a_shell_would_run_is_not_offered(shop: Shop) -> None:
    assert shop.offered("migrate-plan --app $") == []


def test_heroku_is_asked_once_and_what_is_kept_is_the_owners_alone_and_no_secret(
    shop: Shop, server: HttpServer
) -> None:
    for _ in range(2):
        assert shop.offered("migrate-plan --to lem") == ["lemur"]

    assert len(server.asked) == 1
    (kept,) = shop.cached
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert TOKEN not in kept.read_text() + kept.name
    assert [name for name, _ in json.loads(kept.read_text())] == ["bunny-1", "bunny-3", "lemur"]


def test_what_is_older_than_five_minutes_is_read_anew(shop: Shop, server: HttpServer) -> None:
    shop.offered("migrate-plan --to lem")
    old = time.time() - 301
    os.utime(shop.cached[0], (old, old))

    assert shop.offered("migrate-plan --to lem") == ["lemur"]
    assert len(server.asked) == 2


def test_a_damaged_cache_is_none(shop: Shop) -> None:
    shop.offered("migrate-plan --to lem")
    shop.cached[0].write_text("[[1, 2")

    assert shop.offered("migrate-plan --to lem") == ["lemur"]


def test_another_token_does_not_see_what_was_kept_for_this_one(shop: Shop, server: HttpServer) -> None:
    shop.offered("migrate-plan --app my-")
    shop.offered("migrate-plan --app my-", HEROKU_API_KEY="another-token")

    assert len(server.asked) == 2


def test_without_a_token_at_hand_nobody_is_asked_for_one(shop: Shop, server: HttpServer) -> None:
    cli = shop.folder / "bin" / "heroku"
    cli.write_text(f"#!/bin/sh\ntouch {shop.folder}/asked\necho {TOKEN}\n")
    cli.chmod(0o755)

    assert shop.offered("migrate-plan --to lem", HEROKU_API_KEY="") == []
    assert not (shop.folder / "asked").exists()
    assert server.asked == []


@pytest.mark.parametrize(
    "answer", [as_json({"id": "unauthorized"}, 401), Answer(b"<html>", 200), as_json([1, 2]), as_json({}, 503)]
)
def test_whatever_heroku_answers_nothing_is_said(tmp_path: Path, answer: Answer) -> None:
    with serving(answer) as server:
        shop = Shop(tmp_path, server.url)

        assert shop.offered("migrate-plan --app my-") == []
        assert shop.cached == []


@pytest.mark.parametrize("host", ["http://127.0.0.1:9", "https://evil.example", "nonsense"])
def test_a_heroku_that_is_not_there_is_nothing(shop: Shop, host: str) -> None:
    assert shop.offered("migrate-plan --app my-", HEROKU_HOST=host) == []


def test_a_file_with_defaults_that_is_refused_says_nothing(shop: Shop) -> None:
    (shop.folder / "migrate-plan.toml").write_text("[defaults]\nconfirm = 3\n")

    assert shop.offered("migrate-plan --to lem") == ["lemur"]
    assert shop.offered("migrate-plan status mig-", MIGRATE_STORE="") == []


def test_a_heroku_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shop = Shop(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}", limits="")
        began = time.monotonic()

        assert shop.told("migrate-plan --app my-") == []

    # 0.8 s, and the start of Python on a busy machine; Heroku's own limit would be 30.
    assert time.monotonic() - began < 15


def test_an_end_in_the_middle_is_silent(shop: Shop) -> None:
    broken = shop.folder / "bin" / "migrate-plan"
    broken.write_text(
        f"#!{sys.executable}\nfrom migrate.cli import app, completion\n"
        "def fail(**_): raise RuntimeError('amqp://u:canary@h')\napp.app = fail\napp.main()\n"
    )

    assert shop.told("migrate-plan --app my-") == []


SCRIPTS = {
    "bash": "source <(migrate-plan completion bash); COMP_WORDS=({line}); COMP_CWORD={last}; "
    '_migrate_plan_completion migrate-plan; printf "%s\\n" "${{COMPREPLY[@]}}"',
    # Stands for zsh's own, which needs a terminal: what it is handed is printed once zsh has evaluated it.
    "zsh": 'compdef() {{ : }}; _files() {{ : }}; _arguments() {{ print -r -- "$@" }}; '
    "source <(migrate-plan completion zsh); words=({line}); CURRENT={place}; _migrate_plan_completion",
    "fish": 'migrate-plan completion fish | source; complete --do-complete "{line}"',
}
ALONE = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"]}


@pytest.mark.parametrize("shell", SCRIPTS)
@pytest.mark.parametrize(
    ("line", "offered"),
    [("migrate-plan --to bun", ["bunny-1", "bunny-3"]), ("migrate-plan resume mig-", ["mig-bbbbbb"])],
)
def test_a_real_shell_offers_it(shop: Shop, shell: str, line: str, offered: list[str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    with_migrations(shop)
    words = line.split()
    script = SCRIPTS[shell].format(line=line, last=len(words) - 1, place=len(words))

    answer = shop.run(shell, *ALONE[shell], "-c", script)

    assert answer.stderr == ""
    assert [word for word in offered if word not in answer.stdout] == []
    assert "pwned" not in answer.stdout
    assert not (shop.folder / "pwned").exists()


def test_the_shell_of_the_user_is_the_default_and_an_unknown_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/zsh")
    assert CliRunner().invoke(app, ["completion"]).stdout.startswith("#compdef migrate-plan")

    refused = CliRunner().invoke(app, ["completion", "tcsh"])
    assert refused.exit_code == 2
    assert "bash, zsh, fish" in refused.stdout


def test_the_strategies_are_those_of_the_program() -> None:
    assert tuple(STRATEGIES) == complete.STRATEGY_NAMES
