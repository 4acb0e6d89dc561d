"""What a terminal shows of a region, by a terminal that knows no more than the region uses."""

from __future__ import annotations

import io
import re

from migrate.listeners.region import Region

_TOKEN = re.compile(r"\x1b\[(\??)(\d*)([A-Za-z])|\r|\n|[^\x1b\r\n]")


class Glass:
    """Rows that grow downwards, a cursor, and the sequences that it understands; others are an error."""

    def __init__(self, columns: int = 80) -> None:
        self.rows, self.row, self.column, self.columns = [""], 0, 0, columns

    def show(self, text: str) -> list[str]:
        for token in _TOKEN.finditer(text):
            self._one(token)
        return [row.rstrip() for row in self.rows]

    def _one(self, token: re.Match[str]) -> None:
        if token[0] == "\r":
            self.column = 0
        elif token[0] == "\n":
            self._down()
            self.column = 0
        elif token[3] == "A":
            self.row -= int(token[2])
            assert self.row >= 0
        elif token[3] == "K":
            self.rows[self.row] = self.rows[self.row][: self.column]
        elif token[3] == "J":
            self.rows[self.row] = self.rows[self.row][: self.column]
            del self.rows[self.row + 1 :]
        elif token[3] is None:
            self._letter(token[0])
        else:
            assert (token[1], token[2]) == ("?", "2026"), token[0]

    def _letter(self, letter: str) -> None:
        if self.column == self.columns:
            self._down()
            self.column = 0
        row = self.rows[self.row].ljust(self.column)
        self.rows[self.row] = row[: self.column] + letter + row[self.column + 1 :]
        self.column += 1

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append("")


class Drawn:
    def __init__(self) -> None:
        self.stream, self.glass = io.StringIO(), Glass()
        self.region = Region(self.stream)

    def draw(self, above: str, *lines: str, columns: int = 80) -> list[str]:
        before = len(self.stream.getvalue())
        self.region.draw(above, lines, [len(line) for line in lines], columns)
        return self.glass.show(self.stream.getvalue()[before:])


def test_lines_are_drawn_over_each_other_and_what_is_said_stays_above() -> None:
    drawn = Drawn()
    drawn.draw("begun\n", "head", "a long line", "third")

    assert drawn.draw("noted\n", "head 2", "short") == ["begun", "noted", "head 2", "short"]
    assert drawn.draw("", "x", "y", "z") == ["begun", "noted", "x", "y", "z"]
    assert drawn.draw("") == ["begun", "noted", ""]


def test_what_is_said_may_be_longer_than_the_terminal_is_wide() -> None:
    drawn = Drawn()
    drawn.draw("", "one", "two")

    assert drawn.draw("x" * 100 + "\n", "one", "two") == ["x" * 80, "x" * 20, "one", "two"]


def test_what_has_not_changed_is_not_written_again() -> None:
    drawn = Drawn()
    drawn.draw("", "one")
    before = drawn.stream.getvalue()

    drawn.draw("", "one")

    assert drawn.stream.getvalue() == before


def test_nothing_is_erased_before_it_is_written_over() -> None:
    drawn = Drawn()
    drawn.draw("", "one", "two")
    before = len(drawn.stream.getvalue())
    drawn.draw("", "one", "2")

    assert drawn.stream.getvalue()[before:] == "\x1b[?2026h\r\x1b[1Aone\x1b[K\n2\x1b[K\x1b[J\r\x1b[?2026l"


def test_lines_that_a_narrower_terminal_has_broken_are_found_again() -> None:
    drawn = Drawn()
    drawn.draw("said\n", "x" * 70, "y")
    # What the terminal has made of it: two rows, and the cursor at the beginning of the last one.
    drawn.glass = Glass(40)
    drawn.glass.show("said\n" + "x" * 40 + "\n" + "x" * 30 + "\ny\r")

    assert drawn.draw("", "x" * 30, "y", columns=40) == ["said", "x" * 30, "y"]
