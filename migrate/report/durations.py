"""How long something took, for people: finer than elsewhere where it was short."""

from __future__ import annotations

from typing import Final

from migrate.wording import span

_SHORT: Final = 120


def took(seconds: float) -> str:
    """Given seconds, return them: ``0.2 s``, ``42.0 s``, ``12 min``, ``2 h 5 min``."""
    return f"{seconds:.1f} s" if seconds < _SHORT else span(seconds)
