"""An operator's hook: a command that is handed one event, has a time limit, and does not outlive this process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final

from migrate.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT_SECONDS: Final = 30.0
_SHELL: Final = "/bin/sh"
_LAST_WORDS: Final = 2000
_GRACE_SECONDS: Final = 1.0
"""Between SIGTERM and SIGKILL."""
_WITHHELD: Final = frozenset({"HEROKU_API_KEY", "MIGRATE_NOTIFY", "PGPASSWORD"})
"""Variables of this program's that a hook has no use for, whatever is in them."""


@dataclass
class Hook:
    """A command as an operator would type it, for /bin/sh."""

    command: str
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    def stop(self) -> None:
        """Kill what still runs, with its process group; from here on nothing is started, in no thread."""
        with self._lock:
            self._stopped = True
        for process in tuple(self._running):
            _end(process)

    def run(self, event: str, environment: Mapping[str, str], seconds: float = LIMIT_SECONDS) -> str:
        """Given an event as JSON and what to add to the environment, run it to its end.

        Returns what went wrong, empty where it ended with 0. It is killed with its process group at the limit, and
        where whoever waits for it is interrupted.
        """
        try:
            # Files, not pipes: a hook that reads nothing, or leaves a child behind, keeps nobody waiting.
            with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
                given.write(f"{event}\n".encode())
                given.seek(0)
                process = self._start(given, said, environment)
                return self._ending(process, said, seconds) if process else "the command has ended meanwhile"
        except OSError as error:
            return f"it could not be run: {error.strerror}"

    def _start(
        self, given: IO[bytes], said: IO[bytes], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopped:
                return None
            process = subprocess.Popen(  # noqa: S603 -- it is the operator's own text
                [_SHELL, "-c", self.command],
                stdin=given,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**without_secrets(os.environ), **environment},
                start_new_session=True,
            )
            self._running.add(process)
            return process

    def _ending(self, process: subprocess.Popen[bytes], said: IO[bytes], seconds: float) -> str:
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            return f"it had not ended after {seconds:.0f} s, and was killed"
        finally:
            _end(process)
            self._running.discard(process)
        if status == 0:
            return ""
        said.seek(max(0, said.seek(0, os.SEEK_END) - _LAST_WORDS))
        words = said.read().decode(errors="replace").strip().splitlines()
        return f"it ended with {status}" + (f": {redact(words[-1])[:300]}" if words else "")


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Given an environment, return it without the variables that hold a secret of this program's."""
    return {name: value for name, value in environment.items() if name not in _WITHHELD and redact(value) == value}


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
    # Also where the shell has ended: what it started may not have.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
