"""The spool command, as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from fakes.carrying import TASK, task_message

from migrate.brokers.report import QueueShape
from migrate.carry.spool import Spool
from migrate.clients.taking import Taken

if TYPE_CHECKING:
    from pathlib import Path

CANARY = b"canary-card-number"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "spool" / "mig-7f3k2q.sqlite3"
    with closing(Spool(path, make={"migration": "mig-7f3k2q", "app": "shop"})) as spool:
        queue = spool.queue("celery", QueueShape(durable=True, auto_delete=False, arguments={}))
        properties, _ = task_message("task-1")
        spool.keep(queue, [Taken(1, False, "", "celery", properties, CANARY)])
    return tmp_path


def typed(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    store = ["--store", f"sqlite:///{home / 'migrations.sqlite3'}"]
    return subprocess.run(
        [sys.executable, "-m", "migrate", "spool", *words, *store],
        capture_output=True,
        text=True,
        cwd=home,
        env={**os.environ, "HOME": str(home), "COLUMNS": "200"},
        check=False,
    )


def test_list_and_show_name_tasks_and_never_print_what_is_in_them(home: Path) -> None:
    listed, shown = typed(home, "list"), typed(home, "show", "mig-7f3k2q")

    assert (listed.returncode, shown.returncode) == (0, 0), listed.stderr + shown.stderr
    assert "mig-7f3k2q of shop" in listed.stdout
    assert "celery: 1 messages, 1 on no broker" in listed.stdout
    assert TASK in shown.stdout
    assert "task-1" in shown.stdout
    assert CANARY.decode() not in listed.stdout + shown.stdout


def test_export_writes_everything_to_a_file_for_its_owner(home: Path) -> None:
    exported = typed(home, "export", "mig-7f3k2q", "--json")

    assert exported.returncode == 0, exported.stderr
    target = home / "mig-7f3k2q.jsonl"
    assert target.stat().st_mode & 0o777 == 0o600
    (message,) = map(json.loads, target.read_text().splitlines())
    assert (message["id"], message["queue"], message["state"]) == ("task-1", "celery", "waiting")
    assert message["properties"]["application_headers"]["task"] == TASK
    assert CANARY.decode() not in exported.stdout + exported.stderr


def test_a_spool_that_is_not_here_is_said_to_be_missing(home: Path) -> None:
    missing = typed(home, "show", "mig-222222")

    assert missing.returncode == 1
    assert "SPOOL_MISSING" in missing.stdout
