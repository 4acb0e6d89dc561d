"""How long something took, for people: finer than elsewhere where it was short."""

from __future__ import annotations

from typing import Final

from migrate.wording import span

_SHORT: Final = 120
_LEAST: Final = 0.05


def took(seconds: float) -> str:
    """Given seconds, return them: ``< 0.1 s``, ``0.2 s``, ``42.0 s``, ``12 min``, ``2 h 5 min``."""
    if 0 < seconds < _LEAST:
        return "< 0.1 s"
    return f"{seconds:.1f} s" if seconds < _SHORT else span(seconds)
