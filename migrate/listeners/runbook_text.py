"""Runbooks for people: drawn on a terminal, elsewhere as the text that they are written in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.markdown import CodeBlock, ListItem, Markdown
from rich.segment import Segment
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from migrate import handbook

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from rich.console import ConsoleOptions, RenderableType, RenderResult

    from migrate.handbook import Topic

_WIDEST: Final = 100
"""Longer lines are hard to read; commands are not broken at all, for they are copied."""
_THEME: Final = Theme(
    {
        "markdown.code": "bold cyan",
        "markdown.code_block": "cyan",
        "markdown.h2": "bold underline",
        "markdown.h3": "bold",
    }
)
"""Without the black background that rich gives to code: on a light screen it hides what it should show."""
_QUITS_ON_ONE_SCREEN: Final = "-FRX"


class _Commands(CodeBlock):
    """Code that is not wrapped: the terminal does that, and what is copied from it stays whole."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Return the lines as they are."""
        for line in str(self.text).rstrip().splitlines():
            yield Text(f"    {line}", style="markdown.code_block", no_wrap=True, overflow="ignore")


class _Item(ListItem):
    """An item that does not cut off code which is longer than the screen is wide, as rich's own would."""

    def render_bullet(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Return the item behind its bullet."""
        return self._behind(" \N{BULLET} ", console, options)

    def render_number(self, console: Console, options: ConsoleOptions, number: int, last_number: int) -> RenderResult:
        """Return the item behind its number."""
        return self._behind(f" {number:>{len(str(last_number))}} ", console, options)

    def _behind(self, mark: str, console: Console, options: ConsoleOptions) -> RenderResult:
        inside = console.render(self.elements, options.update(width=options.max_width - len(mark)))
        for number, line in enumerate(Segment.split_lines(inside)):
            yield Segment(" " * len(mark) if number else mark)
            yield from line
            yield Segment.line()


class _Page(Markdown):
    elements = {**Markdown.elements, "fence": _Commands, "code_block": _Commands, "list_item_open": _Item}  # noqa: RUF012 -- as rich has it


def show(topic: Topic, stream: TextIO) -> None:
    """Given a page or a section, write it to a stream: drawn, and paged where it is long, if that is a terminal."""
    text = handbook.without_links(topic.text, topic.page)
    if topic.is_code:
        text += f"\nThe whole page: `migrate-plan runbook {topic.page}`\n"
    console = _console(stream)
    if not console.is_terminal:
        stream.write(text)
        return
    _print_or_page(console, _Page(text, hyperlinks=False))


def show_all(stream: TextIO) -> None:
    """Write to a stream what can be looked up, with a sentence of each."""
    console = _console(stream)
    parts: list[RenderableType] = []
    for title, listed in (
        ("Steps", handbook.step_pages()),
        ("Pages that belong to no step", handbook.other_pages()),
        ("Codes", handbook.codes()),
    ):
        parts += [Text(f"{title}:", style="bold"), _table(listed) if console.is_terminal else _lines(listed)]
    parts.append(Text("\nOne of them: migrate-plan runbook NAME"))
    if console.is_terminal:
        _print_or_page(console, Group(*parts))
    else:
        console.print(Group(*parts), soft_wrap=True)


def _print_or_page(console: Console, what: RenderableType) -> None:
    if console.is_dumb_terminal or len(console.render_lines(what)) < console.height:
        console.print(what, crop=False)
        return
    # As git does it: a pager that shows colours, and that leaves what it has shown on the screen.
    os.environ.setdefault("LESS", _QUITS_ON_ONE_SCREEN)
    with console.pager(styles=True):
        console.print(what, crop=False)


def _console(stream: TextIO) -> Console:
    console = Console(file=stream, highlight=False, markup=False, theme=_THEME)
    console.width = min(console.width, _WIDEST)
    return console


def _table(listed: Iterable[Topic]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for topic in listed:
        table.add_row(Text(topic.name, style="bold"), Text(topic.sentence))
    return table


def _lines(listed: Iterable[Topic]) -> Text:
    return Text("\n".join(f"  {topic.name:<24} {topic.sentence}" for topic in listed))
