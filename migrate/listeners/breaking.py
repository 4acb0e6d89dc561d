"""Breaks lines for a terminal between words, and never within what somebody may copy and type."""

from __future__ import annotations

import re
import textwrap
from itertools import chain
from typing import Final

_TYPED: Final = re.compile(r"\b(?:migrate-plan|heroku|git|celery|pip|make) +[a-z-]")
_COMMANDS: Final = re.compile(r"(?<=:) (?=(?:migrate-plan|heroku) )|; (?=(?:migrate-plan|heroku) )")
_INDENT: Final = "    "
_REMARK: Final = re.compile(r"(.*\S) {4}(\(.+\))")
_LABEL: Final = re.compile(r"\s*\S+(?: \S+)*?\s{2,}")
_GAP: Final = re.compile(r"\S\s{2,}(?=\S)")
_COLUMNS_OF_A_TABLE: Final = 4
_NARROWEST: Final = 30


def broken(text: str, columns: int, hang: int = 0) -> tuple[str, ...]:
    """Given a line, return lines that fit in so many columns, all but the first indented by ``hang``.

    By default to where the text begins after its label. Commands at its end get a line each, and what is said of one
    another. A command stays whole: it is left to the terminal, which copies it as one. So does a row of a table.
    """
    if len(text) <= columns or "\n" in text:
        return (text,)
    first, *commands = _COMMANDS.split(text)
    each = (_wrapped(f"{_INDENT}{command}", columns, 2 * len(_INDENT)) for command in commands)
    return (*_wrapped(first, columns, hang), *chain.from_iterable(each))


def _wrapped(text: str, columns: int, hang: int) -> tuple[str, ...]:
    is_table = not hang and len(_GAP.findall(text)) + 1 >= _COLUMNS_OF_A_TABLE
    if len(text) <= columns or is_table:
        return (text,)
    depth = hang or _indent(text)
    indent = " " * (depth if columns - depth >= _NARROWEST else 0)
    if not _TYPED.search(text):
        return _lines(text, columns, "", indent)
    command = _REMARK.fullmatch(text)
    return (command[1], *_lines(command[2], columns, indent, indent)) if command else (text,)


def _lines(text: str, columns: int, first: str, others: str) -> tuple[str, ...]:
    wrapped = textwrap.wrap(
        text,
        columns,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return tuple(wrapped)


def _indent(text: str) -> int:
    label = _LABEL.match(text)
    return label.end() if label else len(text) - len(text.lstrip()) + 2
