"""``--resume`` with what was decided at the start: said, not silently left out."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--strategy", "documented"], "--strategy"),
        (["--keep-copy", "BROKER"], "--keep-copy"),
        (["--keep-old"], "--keep-old"),
        (["--no-drain-dynos"], "--no-drain-dynos"),
        (["--dry-run"], "--dry-run"),
        (["--deploy", "slug", "--pause", "beat"], "--pause, --deploy"),
    ],
)
def test_what_was_decided_at_the_start_is_refused(tmp_path: Path, words: list[str], named: str) -> None:
    store = ["--store", f"sqlite:///{tmp_path / 'migrations.sqlite3'}"]

    typed = subprocess.run(
        [sys.executable, "-m", "migrate", "--resume", "--app", "shop", *words, *store],
        capture_output=True,
        text=True,
        check=False,
    )

    assert typed.returncode == 2, typed.stdout
    assert f"{named} " in typed.stdout
    assert "--resume" in typed.stdout
