"""Text for people: a line for what happened, and on a terminal, below these lines, how it stands now.

The alternate screen would take the record with it when it ends, or is killed: what is said is written above the
live part instead, once, and stays in the terminal's scrollback.
"""

from __future__ import annotations

import io
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

from migrate.events import (
    CommandEnded,
    CommandStarted,
    Event,
    HeldAtGate,
    Previewed,
    Result,
    StatusRead,
    StepStarted,
    StepWaiting,
)
from migrate.listeners import record, status_text
from migrate.listeners.breaking import broken
from migrate.listeners.drawing import draw
from migrate.listeners.paper import ASCII, BLOCKS, Paper
from migrate.listeners.region import Region
from migrate.listeners.ticker import Ticker
from migrate.listeners.view import View, after
from migrate.secrets import redact

if TYPE_CHECKING:
    from typing import TextIO

    from migrate.clock import Clock
    from migrate.listeners.record import Line

HEARTBEAT_SECONDS: Final = 30.0
"""Off a terminal a wait says so often that it goes on."""
_TICK_SECONDS: Final = 0.5
"""How often clocks move and a new size of the terminal is seen; what has not changed is not written."""
_LOWEST: Final = 10
"""So many lines the live part has at least, where there are as many; of a higher terminal two thirds."""
_NAME: Final = 16
_TIME_AND_NAME: Final = 27


class ConsoleText:
    """Draws events on one stream. NO_COLOR is honoured by rich itself."""

    def __init__(self, stream: TextIO, clock: Clock, *, live: bool = True, previews: bool = True) -> None:
        self._previews = previews
        self._console = Console(file=stream)
        self._stream, self._clock = stream, clock
        # What is drawn goes to the stream in one piece, and not by the console, which writes to it on its own too.
        self._pen = Console(
            file=io.StringIO(),
            force_terminal=self._console.is_terminal,
            color_system=self._console.color_system,  # type: ignore[arg-type]  # rich takes the names that it gives
            highlight=False,
            soft_wrap=True,
            markup=False,
        )
        self._draws = live and _can_be_drawn_on(self._console, stream)
        self._characters = ASCII if _knows_few_characters(self._console) else BLOCKS
        self._view = View()
        self._region = Region(stream)
        self._shown = False
        self._above = ""
        self._spoke = clock.monotonic()
        self._lock, self._painting = threading.RLock(), False
        self._ticker = Ticker(self.tick, _TICK_SECONDS)
        if isinstance(stream, io.TextIOWrapper) and self._characters is ASCII:
            # A name that its characters cannot spell must not end a migration.
            stream.reconfigure(errors="backslashreplace")

    def hear(self, event: Event, migration: str) -> None:
        """Draw one event."""
        self._view = after(self._view, event, self._clock.now(), migration)
        if isinstance(event, Result):
            self.close()
        if isinstance(event, CommandStarted):
            self._show(shown=False)
        if self._previews or not isinstance(event, Previewed):
            for line in record.lines(event):
                self._write(line)
        if isinstance(event, StatusRead):
            for text in status_text.lines(event, self._clock.now()):
                self.say(text)
        if isinstance(event, StepWaiting):
            self._wait(event)
        if isinstance(event, StepStarted | HeldAtGate | CommandEnded):
            self._show(shown=True)

    def say(self, text: str) -> None:
        """Print one line that is no event."""
        self._print(text, 0)

    def close(self) -> None:
        """End the live part of the screen."""
        self._show(shown=False)

    def tick(self) -> None:
        """Draw what has changed by time alone."""
        self._put("")

    def _write(self, line: Line) -> None:
        hang, text = line.hang, line.text
        if line.step:
            hang, text = _TIME_AND_NAME, f"{self._clock.now():%H:%M:%S}  {line.step:<{_NAME}} {text}"
        self._print(text, hang, line.style)

    def _print(self, text: str, hang: int, style: str = "") -> None:
        self._spoke = self._clock.monotonic()
        text = _harmless(redact(text))
        with self._pen.capture() as printed:
            for line in broken(text, self._size()[0], hang) if self._draws else (text,):
                self._pen.print(Text(line, style))
        self._put(printed.get())

    def _wait(self, event: StepWaiting) -> None:
        if self._draws:
            self.tick()
        elif self._clock.monotonic() - self._spoke >= HEARTBEAT_SECONDS:
            self._write(record.waiting(event))

    def _show(self, *, shown: bool) -> None:
        """Have a live part from now on, or none: none before the first step, and while a command has the screen."""
        if not self._draws or shown == self._shown:
            return
        self._shown = shown
        self._ticker.start() if shown else self._ticker.stop()
        self._put("")

    def _put(self, text: str) -> None:
        """Write a text above the live part, and draw that anew."""
        with self._lock:
            self._above += text
            if self._painting:
                return  # a signal handler speaks in the middle of the loop below, which goes on
            self._painting = True
            try:
                self._paint()
                while self._above:
                    self._paint()
            finally:
                self._painting = False

    def _paint(self) -> None:
        above = self._above
        if self._draws:
            columns, rows = self._size()
            lines = self._lines(columns, rows) if self._shown else []
            self._region.draw(above, list(map(self._printed, lines)), [line.cell_len for line in lines], columns)
        else:
            self._stream.write(above)
            self._stream.flush()
        # Not before it is written: whatever ends this process in between, nothing said is lost.
        self._above = self._above[len(above) :]

    def _lines(self, columns: int, rows: int) -> list[Text]:
        # The last column stays free: a line that fills it leaves the cursor where terminals do not agree about.
        height = max(1, min(rows - 1, max(_LOWEST, rows * 2 // 3)))
        return draw(self._view, self._clock.now(), Paper(max(1, columns - 1), height, self._characters))

    def _printed(self, text: Text) -> str:
        with self._pen.capture() as printed:
            self._pen.print(text, end="")
        return printed.get()

    def _size(self) -> tuple[int, int]:
        # Not rich's, which believes COLUMNS and LINES more than the terminal, for as long as the process lasts.
        with suppress(OSError, ValueError):
            size = os.get_terminal_size(self._stream.fileno())
            if size.columns and size.lines:
                return size.columns, size.lines
        return self._console.size


def _can_be_drawn_on(console: Console, stream: TextIO) -> bool:
    # FORCE_COLOR makes rich take a file for a terminal, as in the logs of many a CI.
    return console.is_interactive and stream.isatty() and not console.is_dumb_terminal


def _knows_few_characters(console: Console) -> bool:
    # The console of Linux has a font of 256 or 512 characters.
    return not console.encoding.lower().startswith("utf") or os.environ.get("TERM") == "linux"


def _harmless(text: str) -> str:
    return "".join(char if char.isprintable() or char in "\n\t" else " " for char in text)
