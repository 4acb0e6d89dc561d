"""What was typed, to be typed once more with a little besides."""

from __future__ import annotations

import shlex
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TYPED: Final[ContextVar[tuple[str, ...]]] = ContextVar("TYPED", default=())
"""The words of the command line behind the program's name; empty where they are not known."""
_WITH: Final = "the same command with "
_REMARK: Final = "    ("
_ONCE: Final = frozenset({"--app", "--confirm", "--strategy"})
"""Options of which the last one counts, so that an earlier one is left out."""
_MAY_BE_SECRET: Final = ("--notify", "--hook", "--config", "--deploy")


def spelled(text: str, typed: Sequence[str]) -> str:
    """Given what to type next and the words that were typed, return it as a whole command.

    It stays as it is unless it is the same command with something added, where the words are not known, and where a
    secret could be among them: a URL, a command of the operator's, a config var.
    """
    command, mark, remark = text.partition(_REMARK)
    if not typed or not command.startswith(_WITH) or ";" in command:
        return text
    added = command.removeprefix(_WITH).split()
    if any("://" in word or word.startswith(_MAY_BE_SECRET) for word in typed):
        return text
    return shlex.join(["migrate-plan", *_without(typed, _ONCE & set(added)), *added]) + mark + remark


def _without(typed: Sequence[str], left_out: frozenset[str]) -> Iterator[str]:
    words = iter(typed)
    for word in words:
        if word in left_out:
            next(words, None)
        elif word.partition("=")[0] not in left_out:
            yield word
