"""Settings from a one-off dyno: the command that is run for real, and a Heroku that says no."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fakes.http_server import Answer, serving
from fakes.practice import healthy_practice
from msgspec.structs import replace

from migrate.advice.one_off import told_by_one_off
from migrate.brokers.report import Unreadable, WorkerReport
from migrate.clients.app_settings import END, MARK
from migrate.clients.dyno_log import lines_until
from migrate.clock import SystemClock
from migrate.errors import HerokuRefused
from migrate.platform import Dyno
from migrate.secrets import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.advice.practice import Practice

CANARY = "canary-77aa"
APP = f"""
import os
from celery import Celery
app = Celery("shop", broker="amqps://wolf:{CANARY}@host.com/wolf")
app.conf.update(broker_pool_limit=3, task_always_eager=os.environ.get("CELERY_ALWAYS_EAGER") == "True")
"""


class OneDynoHeroku:
    """Runs the command of a one-off dyno at once, in a folder, and has its log served."""

    def __init__(self, folder: Path, log_url: str = "", refusal: str = "") -> None:
        self.folder, self.log_url, self.refusal = folder, log_url, refusal
        self.log = ""
        self.sizes: list[str] = []

    def run_dyno(self, _app: str, *, command: str, size: str, seconds: int) -> Dyno:
        assert seconds < 600
        self.sizes.append(size)
        if self.refusal:
            raise HerokuRefused("Heroku refused it.", why=self.refusal)
        (self.folder / "python").symlink_to(sys.executable)
        environ = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "SECRET_KEY": CANARY,
        }
        ran = subprocess.run(
            ["sh", "-c", command], cwd=self.folder, env=environ, capture_output=True, text=True, check=False
        )
        lines = [f"heroku[run.7]: Starting process with command `{command}`", *ran.stdout.splitlines()]
        self.log = "".join(f"2026-11-25T13:40:00+00:00 app[run.7]: {line}\n" for line in lines)
        return Dyno("id-7", "run.7", "run", "up", 7)

    def log_of(self, _app: str, dyno: str) -> Secret:
        assert dyno == "run.7"
        return Secret(self.log_url)


def mute() -> Practice:
    return healthy_practice(workers=WorkerReport(()), software=())


def told(folder: Path, practice: Practice, refusal: str = "") -> tuple[Practice, OneDynoHeroku]:
    heroku = OneDynoHeroku(folder, refusal=refusal)
    with serving(lambda _: Answer(heroku.log.encode())) as server:
        heroku.log_url = server.url
        fake: Any = heroku
        return told_by_one_off(fake, SystemClock(), practice), heroku


def test_the_command_tells_settings_and_nothing_else_to_the_log(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP)
    found, heroku = told(tmp_path, mute())

    assert isinstance(found.workers, WorkerReport)
    (node,) = found.workers.nodes
    assert node.settings == {"broker_url": "host.com/wolf", "broker_pool_limit": 3, "task_always_eager": False}
    assert (found.turns_eager, found.source, heroku.sizes) == (True, "one-off", ["Standard-1X"])
    assert heroku.log.count(MARK) == 3
    assert CANARY not in heroku.log + repr(found)


def test_an_app_that_is_eager_anyway_does_not_turn_so(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP.replace('os.environ.get("CELERY_ALWAYS_EAGER") == "True"', "True"))
    found, _ = told(tmp_path, mute())

    assert found.turns_eager is None
    assert isinstance(found.workers, WorkerReport)
    assert found.workers.nodes[0].is_eager


def test_an_app_that_ends_the_process_leaves_no_settings(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("import os; os._exit(1)")
    found, _ = told(tmp_path, mute())

    assert found.workers == Unreadable("the one-off dyno ended without an answer")


def test_a_dyno_that_heroku_refuses_leaves_them_not_known(tmp_path: Path) -> None:
    found, _ = told(tmp_path, mute(), refusal="You are out of dyno hours.")

    assert isinstance(found.workers, Unreadable)
    assert "You are out of dyno hours." in found.workers.reason


def test_without_a_command_that_names_the_app_no_dyno_is_started(tmp_path: Path) -> None:
    hidden = replace(mute(), commands=replace(mute().commands, workers=()))
    found, heroku = told(tmp_path, hidden)

    assert isinstance(found.workers, Unreadable)
    assert heroku.sizes == []


@pytest.mark.parametrize("answer", [Answer(b"canary", 403), Answer(b"one\ntwo\n")])
def test_a_log_that_is_refused_or_ends_early_is_unreadable_and_its_address_is_not_shown(answer: Answer) -> None:
    with serving(answer) as server:
        found = lines_until(Secret(f"{server.url}/log?token={CANARY}"), END, SystemClock(), 2)

    assert isinstance(found, Unreadable)
    assert CANARY not in repr(found)
