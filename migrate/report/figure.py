"""A number that a page says at its top."""

from __future__ import annotations

from msgspec import Struct


class Figure(Struct, frozen=True):
    """One number that is worth a box."""

    name: str
    value: str
    note: str = ""
