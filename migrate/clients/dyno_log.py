"""The log of a dyno, read as it comes, from an address that needs no token and must not be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import requests

from migrate.brokers.report import Unreadable

if TYPE_CHECKING:
    from migrate.clock import Clock
    from migrate.secrets import Secret

_CONNECT_SECONDS: Final = 10.0


def lines_until(address: Secret, end: str, clock: Clock, seconds: float) -> tuple[str, ...] | Unreadable:
    """Given a log's address, return its lines before the first with ``end`` in it, or why there was none in time."""
    deadline = clock.monotonic() + seconds
    found: list[str] = []
    try:
        with requests.Session() as session:
            session.trust_env = False  # no netrc
            with session.get(address.reveal(), stream=True, timeout=(_CONNECT_SECONDS, seconds)) as reply:
                reply.raise_for_status()
                for line in reply.iter_lines(chunk_size=1):
                    found.append(bytes(line).decode("utf-8", "replace"))
                    if end in found[-1]:
                        return tuple(found[:-1])
                    if clock.monotonic() > deadline:
                        break
    except requests.RequestException as error:
        return Unreadable(f"the log of the dyno could not be read to its end ({type(error).__name__})")
    return Unreadable(f"the dyno did not come to its end within {seconds:.0f} s")
