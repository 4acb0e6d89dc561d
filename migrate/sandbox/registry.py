"""Which processes belong to a sandbox: written down when they start, found again after any crash.

Two marks find a process: the session of a registered one, and a HOME or TMPDIR inside the sandbox's
directory, which every process that the sandbox starts gets. The second holds for a process that was
killed before it was registered, and for one that left its session.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path

import psutil

_FILE = "processes.jsonl"
_SAME_TIME = 0.05


def record(directory: Path, pid: int, name: str) -> None:
    """Write down a process that leads a session of its own."""
    with contextlib.suppress(psutil.NoSuchProcess), (directory / _FILE).open("a") as stream:
        line = {"pid": pid, "created": psutil.Process(pid).create_time(), "name": name}
        stream.write(json.dumps(line) + "\n")


def is_alive(process: psutil.Process) -> bool:
    """Return whether the process still runs; one that only waits to be reaped does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def find(pid: int, created: float) -> psutil.Process | None:
    """Given a pid and its start (seconds since 1970), return that process unless it has ended."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) < _SAME_TIME
    except psutil.NoSuchProcess:
        return None
    return process if same and is_alive(process) else None


def note(path: Path, pid: int) -> None:
    """Write down which process plays the part that the file is named after."""
    path.write_text(json.dumps({"pid": pid, "created": psutil.Process(pid).create_time()}))


def noted(path: Path) -> psutil.Process | None:
    """Return the process that note() wrote down, while it runs."""
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return find(document["pid"], document["created"])


def wait_for_end(process: psutil.Process, seconds: float) -> bool:
    """Wait until a process has ended; return whether it did in time.

    psutil's own wait() also waits until its parent has reaped it, which some init take a second for.
    """
    deadline = time.monotonic() + seconds
    while is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def belonging(directory: Path) -> list[psutil.Process]:
    """Return every live process of the sandbox in `directory`, but not its server and janitor."""
    registered = _registered(directory)
    return [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid()
        and (in_session_of(process, registered) or lives_in(process, directory))
        and is_alive(process)
    ]


def in_session_of(process: psutil.Process, leaders: dict[int, float]) -> bool:
    """Return whether a leader (created by pid) or one of its session is this process.

    A pid whose present owner started at another time than was written down is a stranger's.
    """
    try:
        session = os.getsid(process.pid)
        if session not in leaders:
            return False
        return psutil.Process(session).create_time() - leaders[session] < _SAME_TIME
    except OSError:  # it has ended, or is none of our business
        return False
    except psutil.NoSuchProcess:
        return True  # the leader has ended, and its number stays taken while its session lives


def lives_in(process: psutil.Process, directory: Path) -> bool:
    """Return whether the environment of the process says that the directory is its home."""
    try:
        environment = process.environ()
    except (psutil.Error, OSError):
        return False
    homes = (environment.get("HOME"), environment.get("TMPDIR"))
    return any(home and Path(home).is_relative_to(directory) for home in homes)


def sweep(directory: Path, attempts: int = 500) -> None:
    """Kill every process of the sandbox; repeats, since a dying one may have just forked."""
    for _ in range(attempts):
        found = belonging(directory)
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.02)  # not psutil.wait_procs: that would take the exit codes of asyncio's children


def _registered(directory: Path) -> dict[int, float]:
    try:
        lines = (directory / _FILE).read_text().splitlines()
    except OSError:
        return {}
    documents = [json.loads(line) for line in lines if line.endswith("}")]
    return {document["pid"]: document["created"] for document in documents}
