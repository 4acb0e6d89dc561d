"""A number that a command line or a variable gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from migrate.brokers.report import Unreadable
from migrate.command_lines import OUTPUT, expanded

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_NAME: Final = re.compile(r"\$\{?(\w+)")


def number(text: str, variables: Mapping[str, str]) -> int | Unreadable:
    """Given ``4``, ``$X`` or ``${X:-4}`` and the variables, return the number, or why it is not known.

    A variable counts where its value is a plain number. No value stands in a reason.
    """
    value = expanded(text, variables).strip()
    if _NUMBER.fullmatch(value):
        return int(value)
    if OUTPUT in text:
        return Unreadable("it is what a command prints on the dyno")
    if name := _NAME.search(text):
        known = name[1] in variables
        return Unreadable(f"{name[1]} is {'no plain number' if known else 'not among the config vars'}")
    return Unreadable("it is no plain number")
