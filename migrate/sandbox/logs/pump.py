"""From what a dyno prints to the log of its app: a pipe, read as it comes."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from migrate.sandbox.dynos.streams import Streams, chunks, output_only, private_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Pump:
    """Copies a pipe to a file as it is, and its lines to a listener."""

    def __init__(self, file: Path, listener: Callable[[str], None]) -> None:
        self._file = file
        self._listener = listener
        self._copying: asyncio.Task[None] | None = None

    async def open(self) -> Streams:
        """Return what the process gets; from now on it is copied."""
        reading, writing = os.pipe()
        self._copying = asyncio.get_running_loop().create_task(self._copy(reading))
        return output_only(writing)

    async def drained(self, seconds: float) -> None:
        """Wait until everything that was printed is in the log; whoever holds the pipe longer is cut off."""
        if self._copying is not None:
            await asyncio.wait({self._copying}, timeout=seconds)
            self._copying.cancel()

    async def _copy(self, reading: int) -> None:
        rest = b""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(private_file(self._file), "ab", buffering=0) as file:
            async for chunk in chunks(reading):
                file.write(chunk)
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._listener(line.decode(errors="replace"))
        if rest:
            self._listener(rest.decode(errors="replace"))
