"""Free ports on loopback, handed out once among all processes that take them here.

Minutes may pass between choosing a port and binding it (a broker takes seconds to start), and another
sandbox may choose meanwhile. So each process claims blocks of ports, by holding the first port of each;
the kernel gives a block back when the process ends, however it ends.
"""

from __future__ import annotations

import random
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK: Final = "127.0.0.1"
# Below the range from which Linux and macOS take the ports of outgoing connections: a port that is
# free now must still be free when the dyno binds it.
_RANGE: Final = range(20_000, 32_000)
_BLOCK: Final = 40


def free_port() -> int:
    """Return a port that nobody listens on and that no process has been given before, while its giver lives."""
    return next(_ports)


def _unused() -> Iterator[int]:
    for first in random.sample(_RANGE[::_BLOCK], len(_RANGE) // _BLOCK):
        guard = socket.socket()
        try:
            guard.bind((LOOPBACK, first))
        except OSError:  # another process's block
            guard.close()
            continue
        guard.detach()  # open for as long as the process lives
        yield from (port for port in range(first + 1, first + _BLOCK) if _is_free(port))
    raise OSError(f"no port is left between {_RANGE.start} and {_RANGE.stop}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


_ports: Final = _unused()
