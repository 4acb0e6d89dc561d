"""A file to which whole lines are appended, by several processes, and which is on the disk when a line is written."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from migrate.errors import AuditLogUnusable

if TYPE_CHECKING:
    from pathlib import Path

_OWNER_ONLY: Final = 0o600


class AuditFile:
    """Appends lines: one write() each, so that those of two processes do not mix."""

    def __init__(self, path: Path) -> None:
        """Open it, made where it is missing; raises AuditLogUnusable."""
        self.path = path
        try:
            # Not blocking: a pipe without a reader would keep the program from starting.
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
            self._descriptor = os.open(path, flags, _OWNER_ONLY)
        except OSError as error:
            raise _unusable(path, f"{error.strerror}.") from None
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            os.close(self._descriptor)
            raise _unusable(path, "It is not a regular file.")
        self._broken = False
        self._begin_a_line()

    def append(self, line: str) -> None:
        """Write a line and wait until it is on the disk; raises OSError."""
        data = f"{line}\n".encode()
        if self._broken:
            data = b"\n" + data
        written = os.write(self._descriptor, data)
        # What came only in part shall not spoil the line after it, once there is room again.
        self._broken = written != len(data)
        if self._broken:
            raise OSError(None, "only a part of a line was written")
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)

    def _begin_a_line(self) -> None:
        # A machine that went down may have left half a line.
        end = os.fstat(self._descriptor).st_size
        try:
            if end and os.pread(self._descriptor, 1, end - 1) != b"\n":
                os.write(self._descriptor, b"\n")
        except OSError as error:
            os.close(self._descriptor)
            raise _unusable(self.path, f"{error.strerror}.") from None


def _unusable(path: Path, why: str) -> AuditLogUnusable:
    return AuditLogUnusable(
        f"The audit log {path} cannot be written.",
        why=f"{why} Nothing is done without the record that was asked for.",
        next=f"ls -ld {path}    (fix it, or name another file)",
    )
