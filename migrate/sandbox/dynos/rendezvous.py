"""Where attached dynos and their clients meet: a TLS port, to which the client says the dyno's secret.

The protocol is that of `heroku run`: https://github.com/heroku/cli (src/lib/run/dyno.ts)
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING

import trustme

from migrate.sandbox.dynos.meeting import Meeting
from migrate.sandbox.ports import LOOPBACK, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SECRET_SECONDS = 10.0


class Rendezvous:
    """The meetings that have not taken place yet."""

    def __init__(self) -> None:
        self._port = free_port()
        self._expected: dict[str, Meeting] = {}

    def expect(self, *, terminal: bool, environment: Mapping[str, str]) -> Meeting:
        """Return a meeting for a new dyno, on a terminal of the size that the environment says, or on pipes."""
        place = f"rendezvous://{LOOPBACK}:{self._port}"
        meeting = Meeting(place, terminal=terminal, environment=environment)
        self._expected[meeting.secret] = meeting
        return meeting

    async def serve(self, ca_file: Path) -> asyncio.Server:
        """Listen, with a certificate of an authority of our own, which is written for clients to trust."""
        authority = trustme.CA(organization_name="migrate-plan sandbox")
        authority.cert_pem.write_to_path(str(ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(LOOPBACK).configure_cert(context)
        return await asyncio.start_server(self._meet, LOOPBACK, self._port, ssl=context)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = b""
        with contextlib.suppress(TimeoutError, OSError, ValueError):  # ValueError: a line that has no end
            said = await asyncio.wait_for(reader.readline(), _SECRET_SECONDS)
        meeting = self._expected.pop(said.decode(errors="replace").strip(), None)
        if meeting is None or meeting.left.is_set():
            writer.close()
        else:
            meeting.welcome(reader, writer)
