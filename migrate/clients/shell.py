"""The operator's own commands, run as they would type them: in their shell, with their environment and terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from msgspec import Struct

from migrate.holder import process_of_this_machine

if TYPE_CHECKING:
    from typing import TextIO


class Command(Struct, frozen=True):
    """A command that was started."""

    process: subprocess.Popen[bytes]

    @property
    def holder(self) -> str:
        """Its user, machine and process, to be recognised by a later process of ours."""
        return process_of_this_machine(self.process.pid)

    def status(self, seconds: float) -> int | None:
        """Wait for so long at most, and return its exit status, None while it runs."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """Ask it to end."""
        self.process.terminate()


class Shell(Struct, frozen=True):
    """Starts commands; what they print goes to ``output``, stdout by default."""

    output: TextIO | None = None

    def start(self, command: str) -> Command:
        """Given what an operator would type, start it; raises OSError."""
        shell = os.environ.get("SHELL") or "/bin/sh"
        output = self.output or sys.stdout
        output.flush()
        # S603: it is the operator's own text, and meant for a shell.
        return Command(subprocess.Popen([shell, "-c", command], stdout=output.fileno()))  # noqa: S603
