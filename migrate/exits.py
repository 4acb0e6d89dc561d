"""The exit statuses of every command, in one table."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


class Exit(IntEnum):
    """What the process says to the shell when it ends; README.md shows the same table."""

    DONE = 0, "done (or nothing to do)"
    FAILED = 1, "failed; nothing to resume"
    USAGE = 2, "usage"
    RESUMABLE = 3, "stopped part-way; **resume is possible**"
    REFUSED = 4, "a check refused, in preflight or by `doctor`; nothing was changed"
    CHANGED = 5, "the world changed since the preview or the checkpoint; nothing further was changed"
    HELD = 6, "another migration holds this app"
    NEEDS_YOU = 7, "needs you: no terminal and no `--confirm`, or a gate is closed"
    ROLLED_BACK = 8, "rolled back"
    OUTCOME_UNKNOWN = 10, "the outcome of a call could not be found out; what to look at is printed"
    HUNG_UP = 129, "the terminal or the reader of the output is gone; resume is possible"
    INTERRUPTED = 130, "interrupted; resume is possible"
    TERMINATED = 143, "terminated; resume is possible"

    meaning: str

    def __new__(cls, status: int, meaning: str) -> Self:
        """Given a status and its meaning, return the member that is the status and carries the meaning."""
        member = int.__new__(cls, status)
        member._value_ = status
        member.meaning = meaning
        return member
