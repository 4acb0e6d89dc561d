"""What holds for every command: whether faults are traced, and which options a file has given."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.errors import MigrateError


class Given(Struct, frozen=True):
    """What was said of the command as a whole, before it runs."""

    debug: bool = False
    config_file: Path | None = None
    told: str = ""
    """Which options came from a file; empty for none."""
    trouble: MigrateError | None = None
    """Why the file cannot be gone by; the command ends with it before it does anything."""


GIVEN: Final[ContextVar[Given]] = ContextVar("GIVEN", default=Given())  # noqa: B039 -- frozen
