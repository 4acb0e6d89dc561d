"""Descriptors between the sandbox and its processes, read and written without holding up the event loop."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

_CHUNK = 65536


@dataclass(frozen=True)
class Streams:
    """What a process gets as standard input, and as standard output and error. It inherits them."""

    input: int
    output: int
    terminal: bool = False

    def close(self) -> None:
        """Close our side, once a process has inherited it."""
        for descriptor in {self.input, self.output}:
            os.close(descriptor)


def output_only(output: int) -> Streams:
    """Given a descriptor to print to, return streams whose input is empty."""
    return Streams(os.open(os.devnull, os.O_RDONLY), output)


def to_file(path: Path) -> Streams:
    """Return streams that append to a file."""
    return output_only(private_file(path))


def private_file(path: Path) -> int:
    """Open a file to append to it; only its owner can read it."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


async def chunks(descriptor: int) -> AsyncGenerator[bytes]:
    """Yield what comes, until nobody can write any more; closes the descriptor."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    os.set_blocking(descriptor, False)
    loop.add_reader(descriptor, readable.set)
    try:
        while True:
            await readable.wait()
            readable.clear()
            try:
                chunk = os.read(descriptor, _CHUNK)
            except BlockingIOError:
                continue
            except OSError:  # EIO: what Linux says when the other side of a terminal is closed
                return
            if not chunk:
                return
            yield chunk
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def write(descriptor: int, data: bytes) -> None:
    """Write everything, and wait while nobody reads."""
    os.set_blocking(descriptor, False)
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            await _writable(descriptor)


async def _writable(descriptor: int) -> None:
    loop, writable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(descriptor, writable.set)
    try:
        await writable.wait()
    finally:
        loop.remove_writer(descriptor)
