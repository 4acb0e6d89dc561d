"""The whole program over a fake Heroku that answers HTTP: a fleet that is interrupted, killed, and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku_server import PIPELINE, TEAM, TOKEN, Account, serving

from migrate.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e

APPS = ("app-0", "app-1", "app-2")
FILE = 'name = "brokers"\nto = "bunny"\napps = ["app-0", "app-1", "app-2"]\nwaves = ["rest"]\n'
PATIENCE_SECONDS = 60.0


@dataclass
class Place:
    """A folder with a store, and the account that programs started there work on."""

    folder: Path
    account: Account
    environment: dict[str, str]

    def write(self, text: str, name: str = "fleet.toml") -> str:
        (self.folder / name).write_text(text)
        return name

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "fakes.fast_program", "fleet", *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=self.environment, cwd=self.folder, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *words: str) -> tuple[int, str]:
        with self.start(*words) as process:
            text, _ = process.communicate(timeout=PATIENCE_SECONDS)
        return process.returncode, text

    def await_(self, reached: Callable[[], bool], process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not reached():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def writes(self, app: str = "app-0") -> list[str]:
        return self.account.apps[app].writes

    def all_moved_once(self) -> bool:
        once = ["set eager", "remove", "add", "unset eager"]
        return all(heroku.writes == once for heroku in self.account.apps.values())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    account = Account.of(*APPS, seconds=0.001)
    with serving(account) as url:
        settings = {"HEROKU_HOST": url, "HEROKU_API_KEY": TOKEN, "FAST": "60", "NO_COLOR": "1"}
        store = {"MIGRATE_STORE": f"sqlite:///{tmp_path / 'store.sqlite3'}"}
        path = os.pathsep.join(filter(None, sys.path))
        yield Place(tmp_path, account, {**os.environ, **settings, **store, "PYTHONPATH": path})


def test_interrupted_and_killed_and_continued_every_app_is_moved_once(place: Place) -> None:
    file = place.write(FILE)
    with place.start("run", file, "--confirm", "brokers") as process:
        place.await_(lambda: bool(place.writes()), process)
        process.send_signal(signal.SIGINT)
        interrupted = process.communicate(timeout=PATIENCE_SECONDS)[0]
    assert process.returncode == Exit.INTERRUPTED
    assert "migrate-plan fleet continue fleet-" in interrupted

    status, told = place.run("run", file, "--confirm", "brokers")
    assert (status, "FLEET_OVERLAPS" in told) == (Exit.HELD, True), told

    with place.start("continue") as process:
        place.await_(lambda: "remove" in place.writes(), process)
        process.kill()
        killed = process.communicate()[0]

    status, told = place.run("continue", "brokers")
    assert status == Exit.DONE, told
    assert "3 done" in told
    assert place.all_moved_once()
    status, page = place.run("report")
    assert (status, "| app-0 |" in page) == (Exit.DONE, True), page
    status, said = place.run("report", "-o", "fleet.html")
    html = _readable(place.folder / "fleet.html")
    # A process that is killed takes events with it, and nothing of the journal.
    assert (status, "3 of 3 apps moved" in html, "unknown" in html.partition("<main")[2]) == (
        Exit.DONE,
        True,
        False,
    ), said
    for text in (interrupted, killed, told, page, *map(_readable, place.folder.iterdir())):
        assert TOKEN not in text
        assert "canary-cloudamqp" not in text


def _readable(path: Path) -> str:
    return path.read_bytes().decode("latin-1") if path.is_file() else ""


def test_a_fleet_is_selected_previewed_and_waits_at_its_gate(place: Place) -> None:
    place.account.apps["app-1"].broker_of("cloudamqp-old-app-1").gone = True
    file = place.write(
        'name = "brokers"\nto = "bunny"\n'
        f'[selector]\nteam = "{TEAM}"\npipeline = "{PIPELINE}"\nstage = "production"\nplan = "lemur"\n'
    )
    before = dict(place.account.calls)
    status, told = place.run("preview", file, "--json")
    assert status == Exit.DONE, told
    (seen,) = [event for event in events(told) if event["type"] == "fleet.preview"]
    assert [(app["app"], app["wave"], app["verdict"]) for app in seen["apps"]] == [
        ("app-0", 1, "ready"),
        ("app-2", 2, "ready"),
    ]
    assert not before
    assert set(place.account.calls) == {"GET"}
    assert not (place.folder / "store.sqlite3").exists()

    refused = place.write(FILE, "refused.toml")
    status, told = place.run("preview", refused)
    assert status == Exit.REFUSED
    assert "refused: PREFLIGHT_REFUSED" in told

    status, told = place.run("run", file, "--confirm", "brokers", "--json")
    assert status == Exit.NEEDS_YOU, told
    assert events(told)[-1]["next"][0].startswith("migrate-plan fleet continue fleet-")
    assert [len(place.writes(app)) for app in APPS] == [4, 0, 0]
    moved = [event for event in events(told) if event["type"] == "result" and event["migration"]]
    assert not moved, "the result of one migration is not that of the command"


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("run", "fleet.toml"), Exit.NEEDS_YOU, "Nobody confirmed the fleet."),
        (("run", "fleet.toml", "--confirm", "app-0"), Exit.REFUSED, "is not the fleet's name"),
    ],
)
def test_what_keeps_a_fleet_from_beginning(place: Place, words: tuple[str, ...], status: Exit, code: str) -> None:
    place.write(FILE)

    ended, told = place.run(*words)

    assert (ended, code in told) == (status, True), told
    assert not any(heroku.writes for heroku in place.account.apps.values())
