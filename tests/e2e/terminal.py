"""A program on a real pseudo-terminal: what it draws, and what somebody types."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")
_ASKS_FOR_THE_CURSOR = "\x1b[6n"


class Terminal:
    """The operator's side of it."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process = process
        self._descriptor = descriptor
        self.raw = ""

    @property
    def screen(self) -> str:
        """Everything that was drawn so far, without control sequences."""
        return _CONTROL.sub("", self.raw)

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def wait_for(self, text: str, seconds: float = 60) -> None:
        """Read until a text has been drawn."""
        end = time.monotonic() + seconds
        while text not in self.screen:
            assert time.monotonic() < end, f"{text!r} was not drawn:\n{self.screen}"
            assert self._read(1.0) or self.process.poll() is None, f"it ended:\n{self.screen}"

    def end(self, seconds: float = 90) -> int:
        """Read until the program ends, and return its status."""
        end = time.monotonic() + seconds
        while self.process.poll() is None or self._read(0.2):
            assert time.monotonic() < end, self.screen
            self._read(0.2)
        return self.process.wait()

    def hang_up(self) -> None:
        """Close the operator's side, as a lost connection does."""
        os.close(self._descriptor)
        self._descriptor = -1

    def _read(self, seconds: float) -> bool:
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return False
        try:
            new = os.read(self._descriptor, 65536).decode(errors="replace")
        except OSError:  # Linux says so when the other side has been closed
            return False
        self.raw += new
        if _ASKS_FOR_THE_CURSOR in new:
            self.type("\x1b[1;1R")
        return bool(new)


@contextlib.contextmanager
def terminal(words: tuple[str, ...], environment: Mapping[str, str], directory: Path) -> Iterator[Terminal]:
    """Run a Python program on a terminal of its own; whatever happens, it is gone after the block."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=directory,
        env={**environment, "TERM": "xterm-256color"},
        start_new_session=True,
        preexec_fn=lambda: _take_terminal(theirs),  # noqa: PLW1509 -- nothing else makes Ctrl-C reach it
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        with contextlib.suppress(OSError):  # after hang_up()
            os.close(ours)


def _take_terminal(descriptor: int) -> None:
    # Ctrl-C reaches the program only on the terminal that controls its session.
    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
