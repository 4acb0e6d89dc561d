"""The process itself, where its surroundings are poor: no stack trace, and a status that says what happened."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = f"{sys.executable} -m migrate"
STARTED = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == "migrate.cli.app":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from migrate.__main__ import main
main()
"""
"""Ctrl-C arrives in the middle of the imports."""


def run(place: Path, script: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a shell's script in a home of its own, without a terminal."""
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(place)}
    return subprocess.run(
        ["/bin/sh", "-c", script], cwd=place, env=own | environment, capture_output=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (f"{PROGRAM} status --json >&- 2>&-", 0),
        (f"{PROGRAM} --to bunny --app shop --store sqlite:////etc <&-", 1),
        (f"mkdir gone; cd gone; rmdir ../gone; {PROGRAM} status", 0),
        (f"{PROGRAM} runbook drain > /dev/full", 1),
        (f"{PROGRAM} --help > /dev/full", 1),
        (f"HOME=/proc/nothing {PROGRAM} status", 0),
    ],
)
def test_a_stream_a_folder_or_a_disk_that_is_missing_brings_no_stack_trace(
    tmp_path: Path, script: str, status: int
) -> None:
    ended = run(tmp_path, script)

    assert (ended.returncode, b"Traceback" in ended.stderr) == (status, False), ended.stderr
    assert b"Exception ignored" not in ended.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C"},
        {"PYTHONIOENCODING": "ascii", "TERM": "xterm"},
        {"COLUMNS": "1"},
    ],
)
def test_whatever_can_be_shown_of_a_name_is_shown_on_the_poorest_terminal(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    ended = run(tmp_path, f"{PROGRAM} status --app b\u00fcnny; {PROGRAM} --help", **environment)

    assert ended.returncode == 0
    assert b"The store has no migration of b" in ended.stdout
    assert b"--to PLAN" in ended.stdout
    assert ended.stderr == b""


def test_ctrl_c_while_it_is_still_being_loaded_ends_it_without_a_word(tmp_path: Path) -> None:
    ended = run(tmp_path, f"exec {sys.executable} -c '{STARTED}'")

    assert (ended.returncode, ended.stdout, ended.stderr) == (-2, b"", b"")
