"""A file that only its owner can read, written as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from migrate.errors import PreviewUnusable

if TYPE_CHECKING:
    from migrate.errors import MigrateError

_MOST_BYTES: Final = 4_000_000


def put(path: Path, text: str) -> None:
    """Write a file with mode 0600, in the place of what is there, so that it outlives a crash; raises OSError."""
    # mkstemp makes it with that mode, in the same folder, so that the rename is one step.
    handle, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except OSError:
        Path(unfinished).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def write(path: Path, text: str, error: type[MigrateError] = PreviewUnusable, option: str = "--output") -> None:
    """Do the same in a place that an operator chose by ``option``; raises ``error`` with the system's reason."""
    try:
        put(path, text)
    except OSError as refused:
        raise error(
            f"{path} could not be written.",
            why=f"{refused.strerror}.",
            next=f"another {option}, in a folder that is yours to write",
        ) from None


def _sync(folder: Path) -> None:
    # A file that was renamed is there after a crash only once its folder is on the disk.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> str:
    """Return the text of a file; raises PreviewUnusable where it is not there, not readable or no text."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise _unreadable(path, "It is too big for a preview.")
        return content.decode("utf-8")
    except OSError as error:
        raise _unreadable(path, f"{error.strerror}.") from None
    except UnicodeDecodeError:
        raise _unreadable(path, "It is not text.") from None


def _unreadable(path: Path, why: str) -> PreviewUnusable:
    return PreviewUnusable(
        f"{path} cannot be read.", why=why, next="migrate-plan --to PLAN --app APP --dry-run --output FILE"
    )
