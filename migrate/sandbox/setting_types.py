"""Whether a value that came as JSON may be a setting of a given type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin


def fits(value: Any, kind: Any) -> bool:
    """Given a value and a type annotation of a setting, return whether the value is of that type.

    A whole number will do where seconds are wanted; nothing may be negative.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return value in arguments
    if origin is tuple:
        return isinstance(value, tuple) and all(fits(item, arguments[0]) for item in value)
    if origin is Mapping:
        return isinstance(value, dict) and all(
            fits(key, arguments[0]) and fits(item, arguments[1]) for key, item in value.items()
        )
    if arguments:
        return any(fits(value, part) for part in arguments)
    if kind in {int, float}:
        numbers = (int,) if kind is int else (int, float)
        return isinstance(value, numbers) and not isinstance(value, bool) and value >= 0
    return isinstance(value, kind)
