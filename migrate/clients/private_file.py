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


def write(path: Path, text: str, error: type[MigrateError] = PreviewUnusable, option: str = "--output") -> None:
    """Write a file with mode 0600, in the place of what is there; raises ``error`` with the system's reason.

    ``option`` is the one by which its place was chosen.
    """
    unfinished = ""
    try:
        # mkstemp makes it with that mode, in the same folder, so that the rename is one step.
        handle, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except OSError as refused:
        if unfinished:
            Path(unfinished).unlink(missing_ok=True)
        raise error(
            f"{path} could not be written.",
            why=f"{refused.strerror}.",
            next=f"another {option}, in a folder that is yours to write",
        ) from None


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
