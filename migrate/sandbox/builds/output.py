"""What a build prints, in the form in which Heroku prints it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

_POLL_SECONDS = 0.05


class BuildOutput:
    """Writes the log of a build."""

    def __init__(self, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch(mode=0o600)
        self._log = log

    def step(self, text: str) -> None:
        """Say what begins now."""
        self._write(f"-----> {text}")

    def detail(self, text: str) -> None:
        """Say what belongs to the step."""
        self._write(f"       {text}")

    def trouble(self, text: str) -> None:
        """Say what somebody should look at."""
        self._write(f" !     {text}")

    def _write(self, line: str) -> None:
        with self._log.open("a") as stream:
            stream.write(f"{line.rstrip()}\n")


async def follow(log: Path, is_complete: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Given a file that somebody writes, yield what is in it as it comes, until it is complete."""
    with log.open("rb") as stream:
        while True:
            complete = is_complete()  # asked before reading: what is written until then must not be missed
            if written := stream.read():
                yield written
            if complete:
                return
            await asyncio.sleep(_POLL_SECONDS)
