"""Names of apps: what is allowed, and one for an app that was given none."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from migrate.sandbox import refusals

if TYPE_CHECKING:
    from collections.abc import Container

_NAME = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]")
_ADJECTIVES = ("calm", "evening", "floating", "gentle", "hidden", "mighty", "morning", "polar", "quiet", "young")
_NOUNS = ("brook", "dragon", "forest", "harbor", "island", "meadow", "plateau", "shelf", "tundra", "wave")


def checked(name: object, taken: Container[str]) -> str:
    """Given the wanted name of a new app (None = choose one), return its name, or refuse."""
    if name is None:
        return _free(taken)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        message = "Name must start with a letter, end with a letter or digit and can only contain lowercase letters, "
        raise refusals.invalid(
            f"{message}digits, and dashes. Name is too short (minimum is 3) or long (maximum is 30)."
        )
    if name in taken:
        raise refusals.invalid(f"Name {name} is already taken")
    return name


def _free(taken: Container[str]) -> str:
    while (name := f"{random.choice(_ADJECTIVES)}-{random.choice(_NOUNS)}-{random.randint(10_000, 99_999)}") in taken:
        pass
    return name
