"""The processes that this one has started and that still run."""

from __future__ import annotations

import psutil


def children(words: str) -> list[int]:
    """Return those with such words in their command line, zombies too: others may belong to multiprocessing."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            line = " ".join(process.cmdline())
        except psutil.ZombieProcess:
            line = words
        except psutil.NoSuchProcess:
            continue
        if words in line:
            found.append(process.pid)
    return found
