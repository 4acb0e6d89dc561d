"""Who holds an app: user, host and process, as the lease and the marker name them."""

from __future__ import annotations

import getpass
import os
import re
import socket

_HOLDER = re.compile(r"^(?P<who>.*) pid (?P<pid>\d+)$")


def who() -> str:
    """Return the user and host of this process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        user = f"uid-{os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def this_process() -> str:
    """Return this process as a holder."""
    return f"{who()} pid {os.getpid()}"


def living(holder: str | None) -> str:
    """Given who holds a lease, return them, or nothing where that process is known to have ended."""
    return "" if holder is None or is_dead(holder) else holder


def on_this_machine(holder: str) -> bool:
    """Given a holder, say whether it is a process of this user on this host."""
    found = _HOLDER.match(holder)
    return found is not None and found["who"] == who()


def is_dead(holder: str) -> bool:
    """Given a holder, say whether it is a process of this user and host that has ended.

    Of another host's process nothing is known: its lease must run out.
    """
    found = _HOLDER.match(holder)
    if found is None or not on_this_machine(holder):
        return False
    try:
        os.kill(int(found["pid"]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
