"""`migrate-plan rehearse` on the sample apps, in a home directory of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import psutil

from migrate.sandbox.registry import lives_in

SAMPLES: Final = Path(__file__).parents[1] / "samples"
LONG: Final = 280.0
_BRISK: Final = str(Path(__file__).parent / "brisk_rehearsal.py")


def start(home: Path, *words: str, **variables: str) -> subprocess.Popen[str]:
    """Start a rehearsal with the words of its command line."""
    (home / "tmp").mkdir()
    return subprocess.Popen(
        [sys.executable, _BRISK, "rehearse", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        env={**os.environ, "HOME": str(home), "TMPDIR": str(home / "tmp"), **variables},
    )


def check_nothing_left(home: Path) -> None:
    """The rehearsal in this home directory has left no process, and no file for temporary use."""
    assert not [process for process in psutil.process_iter() if lives_in(process, home)]
    assert list((home / "tmp").iterdir()) == []
