"""Outlives the sandbox's server by a moment and ends what it left: `python -m migrate.sandbox.janitor`.

Its standard input is a pipe whose other end only the server holds. However the server ends, kill -9
included, the kernel closes that end, and the janitor's read returns.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.sandbox import registry

if TYPE_CHECKING:
    import psutil

_FILE = "janitor.json"
# The pipe's end and the process object live as long as this process, by being held here.
_kept_open: list[object] = []


def start(directory: Path, *, throwaway: bool) -> None:
    """Start the janitor of this process; it acts when this process ends."""
    reading, writing = os.pipe()  # not inheritable, so no dyno keeps the pipe open
    command = [sys.executable, "-m", "migrate.sandbox.janitor", str(directory)]
    _kept_open.append(writing)
    process = subprocess.Popen(  # noqa: S603  our own interpreter and module
        [*command, *(["--throwaway"] if throwaway else [])],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(reading)
    _kept_open.append(process)
    registry.note(directory / _FILE, process.pid)


def find(directory: Path) -> psutil.Process | None:
    """Return the janitor of a directory, while it runs."""
    return registry.noted(directory / _FILE)


def main() -> None:
    """Wait for the end of the server, then clean up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    directory = Path(sys.argv[1])
    while os.read(0, 1024):
        pass
    registry.sweep(directory)
    if "--throwaway" in sys.argv:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
