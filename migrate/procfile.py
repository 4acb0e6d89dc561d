"""Procfile: one process type a line, https://devcenter.heroku.com/articles/procfile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LINE = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*:\s*(.+?)\s*$")


class NoProcfile(Exception):
    """The directory of the app has no usable Procfile."""


def read(app_dir: Path) -> dict[str, str]:
    """Given the directory of an app, return its commands by process type, `release` included."""
    path = app_dir / "Procfile"
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise NoProcfile(f"cannot read {path}: {error.strerror}") from error
    found = [match for line in lines if not line.lstrip().startswith("#") and (match := _LINE.match(line))]
    if not found:
        raise NoProcfile(f"{path} names no process type")
    return {match[1]: match[2] for match in found}
