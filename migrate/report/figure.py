"""A number that a page says at its top."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number that is worth a box."""

    name: str
    value: str
    note: str = ""
