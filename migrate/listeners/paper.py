"""What a view is drawn on: its size, its characters, and lines that stay within both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from migrate.listeners.view import StepState
from migrate.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Characters(Struct, frozen=True):
    """What is drawn with."""

    marks: Mapping[StepState, str]
    full: str
    empty: str
    levels: str
    """From nothing to the most."""
    arrow: str
    dot: str
    rule: str
    ellipsis: str


BLOCKS: Final = Characters(
    marks={
        StepState.OPEN: "·",
        StepState.NOW: "▶",
        StepState.DONE: "✓",
        StepState.SKIPPED: "✓",
        StepState.HELD: "‖",
        StepState.FAILED: "✗",
        StepState.STOPPED: "■",
    },
    full="█",
    empty="░",
    levels="▁▂▃▄▅▆▇█",
    arrow="→",
    dot="·",
    rule="─",
    ellipsis="…",
)
ASCII: Final = Characters(
    marks={
        StepState.OPEN: ".",
        StepState.NOW: ">",
        StepState.DONE: "+",
        StepState.SKIPPED: "+",
        StepState.HELD: "=",
        StepState.FAILED: "!",
        StepState.STOPPED: "#",
    },
    full="#",
    empty=".",
    levels="_.:-=+*#",
    arrow="->",
    dot="|",
    rule="-",
    ellipsis="...",
)


class Paper(Struct, frozen=True):
    """How wide and how high a drawing may be, and with what it is drawn."""

    width: int
    height: int
    characters: Characters = BLOCKS
    events: int = 0
    """How many of the last events are drawn; 0 where they stand above it anyway."""


def plain(text: str) -> str:
    """Given any text, return it without secrets, and without what would move the cursor."""
    return "".join(char if char.isprintable() else " " for char in redact(text))


def fit(text: str, width: int, characters: Characters) -> str:
    """Given a text without secrets, return as many of its words as there is room for."""
    if cell_len(text) <= width:
        return text
    room = width - len(characters.ellipsis)
    if room <= 0:
        return set_cell_size(text, max(0, width))
    cut = set_cell_size(text, room)
    # A single long word is cut where it must be.
    words = cut.rstrip() if text[len(cut) : len(cut) + 1] == " " else cut.rpartition(" ")[0].rstrip()
    return f"{words or cut.rstrip()}{characters.ellipsis}"


def cell(text: str, width: int, characters: Characters, *, right: bool = False) -> str:
    """Given a text, return it in exactly so many columns."""
    fitting = fit(text, width, characters)
    room = " " * (width - cell_len(fitting))
    return room + fitting if right else fitting + room


def folded(text: str, width: int, most: int, characters: Characters) -> Iterator[str]:
    """Given a text, yield its lines, broken between words; the last of at most so many ends with an ellipsis."""
    line = ""
    lines = []
    for word in text.split():
        if line and cell_len(line) + 1 + cell_len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    lines.append(line)
    for place, each in enumerate(lines[:most]):
        last = place == most - 1 and len(lines) > most
        yield fit(" ".join(lines[place:]) if last else each, width, characters)


def flowed(parts: Iterable[str], width: int, characters: Characters) -> Iterator[str]:
    """Given parts, yield lines of as many as there is room for, with a dot between two."""
    separator = f" {characters.dot} "
    line = ""
    for part in filter(None, parts):
        if line and cell_len(line) + cell_len(separator) + cell_len(part) > width:
            yield fit(line, width, characters)
            line = part
        else:
            line = f"{line}{separator}{part}" if line else part
    if line:
        yield fit(line, width, characters)


def styled(text: str, style: str = "") -> Text:
    """Given a line that fits, return it in a style; nothing in it is taken for markup."""
    return Text(text, style=style, no_wrap=True, overflow="crop", end="")
