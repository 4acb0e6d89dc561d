"""What sends an app its requests during a rehearsal: a process that ends with the sandbox at the latest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrate.sandbox.address import SandboxAddress

LAST_REQUESTS_SECONDS: Final = 60


class Traffic:
    """A process in a session of its own; leaving the block ends it, whatever happened."""

    def __init__(self, address: SandboxAddress, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._output = address.directory / "traffic.log"
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 -- our own module, or what the user asked for
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # By a temporary directory inside the sandbox's the janitor finds it.
                env={**os.environ, **environment, "TMPDIR": str(address.directory)},
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    @property
    def last_words(self) -> str:
        """The last line that it has printed."""
        lines = self._output.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def stop(self) -> str:
        """Have it send no further requests, wait for those under way, and return what it says of itself."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LAST_REQUESTS_SECONDS)
        return self.last_words

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def of_demo(address: SandboxAddress, rate: float) -> Traffic:
    """Start the mix of canvases that the demo app understands, so many a second."""
    return _of_module(address, "demo.traffic", "--rate", str(rate))


def of_requests(address: SandboxAddress, requests: Sequence[str], rate: float) -> Traffic:
    """Start web requests, as in `POST /orders`, in turn and so many a second."""
    return _of_module(address, "rehearsal.web_requests", "--rate", str(rate), "--", *requests)


def of_command(address: SandboxAddress, command: str) -> Traffic:
    """Start a command in a shell, which finds the app's address in APP_URL."""
    return Traffic(address, ["/bin/sh", "-c", command], {"APP_URL": address.router_url})


def _of_module(address: SandboxAddress, name: str, *words: str) -> Traffic:
    command = [sys.executable, "-m", f"migrate.sandbox.{name}", "--url", address.router_url, *words]
    return Traffic(address, command, {"HOME": str(address.directory)})
