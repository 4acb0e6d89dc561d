"""Who holds an app: user, machine and process."""

from __future__ import annotations

import getpass
import os
import re
import socket
import uuid
from pathlib import Path

_HOLDER = re.compile(r"^(?P<where>.*) pid (?P<pid>\d+)$")


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
    return process_of_this_machine(os.getpid())


def process_of_this_machine(pid: int) -> str:
    """Given a process of this user on this machine, return it as a holder."""
    return f"{_where()} pid {pid}"


def living(holder: str | None) -> str:
    """Given who holds a lease, return them, or nothing where that process is known to have ended."""
    return "" if holder is None or is_dead(holder) else holder


def on_this_machine(holder: str) -> bool:
    """Given a holder, say whether it is a process of this user on this machine."""
    found = _HOLDER.match(holder)
    return found is not None and found["where"] == _where()


def is_dead(holder: str) -> bool:
    """Given a holder, say whether it is a process of this user and machine that has ended.

    Of another machine's process nothing is known: its lease must run out.
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
    return _has_ended(found["pid"])


def _has_ended(pid: str) -> bool:
    """Whether a process does nothing any more but wait for its parent to hear of its end."""
    # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the name before the state may hold anything.
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(") ")[2].startswith("Z")
    except OSError:
        return False  # another system, or it has just gone: the next look says so


def _where() -> str:
    # Two machines may have one name, and a process that lives on the other is not to be found on this one.
    return f"{who()} ({uuid.getnode():012x})"
