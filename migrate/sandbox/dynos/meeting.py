"""An attached one-off dyno and its client: what is typed goes in, what is printed comes out, as it comes.

https://devcenter.heroku.com/articles/one-off-dynos
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import secrets
import termios
from typing import TYPE_CHECKING

from migrate.sandbox.dynos.streams import Streams, chunks, write

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHUNK = 65536
_END_OF_INPUT = b"\x04"
"""What the Heroku CLI sends when its own input ends. A terminal understands it, a pipe does not."""


class Meeting:
    """One dyno that waits for its client. The address holds the secret by which the client is known."""

    def __init__(self, place: str, *, terminal: bool, environment: Mapping[str, str]) -> None:
        self.secret = secrets.token_hex(16)
        self.url = f"{place}/{self.secret}"
        self.left = asyncio.Event()
        """Set when the client has gone, or the dyno has ended."""
        self._terminal = terminal
        self._size = (_number(environment.get("LINES"), 24), _number(environment.get("COLUMNS"), 80))
        self._client: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def has_client(self) -> bool:
        """Whether the client has come."""
        return self._client is not None

    def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the client in. It throws the first chunk away: that one only says who speaks."""
        writer.write(b"rendezvous\r\n")
        self._client = reader, writer

    async def open(self) -> Streams:
        """Return what the process gets; from now on both directions are copied."""
        if self._client is None:
            raise RuntimeError("an attached dyno was started without its client")
        reader, writer = self._client
        theirs, typed, printed = _terminal(self._size) if self._terminal else _pipes()
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._pass_in(reader, typed)),
            loop.create_task(_pass_out(printed, writer)),
        ]
        return theirs

    async def drained(self, seconds: float) -> None:
        """Wait until the client has everything that was printed, and say good-bye to it."""
        if self._client is None:
            return
        typing, printing = self._tasks
        await asyncio.wait({printing}, timeout=seconds)
        for task in (typing, printing):
            task.cancel()
        self.left.set()
        self._client[1].close()

    async def _pass_in(self, reader: asyncio.StreamReader, typed: int) -> None:
        try:
            with contextlib.suppress(OSError):  # the process does not read any more, or the client has gone
                while data := await reader.read(_CHUNK):
                    if not self._terminal and data.endswith(_END_OF_INPUT):
                        await write(typed, data.removesuffix(_END_OF_INPUT))
                        break
                    await write(typed, data)
        finally:
            os.close(typed)
        with contextlib.suppress(OSError):
            while await reader.read(_CHUNK):
                continue
        self.left.set()


async def _pass_out(printed: int, writer: asyncio.StreamWriter) -> None:
    async for chunk in chunks(printed):
        writer.write(chunk)
        with contextlib.suppress(OSError):  # the client has gone, which _pass_in notices
            await writer.drain()


def _terminal(size: tuple[int, int]) -> tuple[Streams, int, int]:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, size)
    return Streams(theirs, theirs, terminal=True), os.dup(ours), ours


def _pipes() -> tuple[Streams, int, int]:
    their_input, typed = os.pipe()
    printed, their_output = os.pipe()
    return Streams(their_input, their_output), typed, printed


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise
