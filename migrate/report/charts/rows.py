"""Rows of bars over time: a name and a figure for each, beside the bar or above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from datetime import datetime

    from migrate.report.charts.scale import TimeScale
    from migrate.report.charts.svg import Drawing

BOTTOM: Final = 26.0
"""So much room the labels of the axis take."""
_THINNEST: Final = 3.0
_ABOVE: Final = 13.0
_BELOW_NAME: Final = 18.0


class Shape(Struct, frozen=True):
    """How such a chart is laid out in one width."""

    name: str
    width: float
    left: float
    right: float
    row: float
    bar: float
    """Of a row's height."""
    above: bool
    """Whether names stand above their bars, where there is no room beside them."""


class Rows(Struct, frozen=True):
    """What every row is drawn on."""

    drawing: Drawing
    scale: TimeScale
    shape: Shape
    top: float

    def row(self, number: int) -> float:
        """Given the number of a row, from 0 on, return where it begins."""
        return self.top + number * self.shape.row

    def label(self, name: str, kind: str, figure: str, top: float) -> None:
        """Write a row's name and its figure, and draw the line above it."""
        shape, drawing = self.shape, self.drawing
        baseline = top + (_ABOVE if shape.above else shape.row / 2 + 4)
        drawing.line((0, top), (shape.width, top), "grid")
        drawing.text((0, baseline), name, f"name {kind}".strip())
        drawing.text((shape.width - 2, baseline), figure, "figure", "end")

    def bar_top(self, top: float) -> float:
        """Given where a row begins, return where its bar does."""
        return top + (_BELOW_NAME if self.shape.above else (self.shape.row - self.shape.bar) / 2)

    def bar(self, began: datetime, ended: datetime, top: float, kind: str, tip: str) -> tuple[float, float]:
        """Draw when something was at work; return where that begins and how wide it is."""
        place, width = self.extent(began, ended)
        self.drawing.rectangle((place, top), (width, self.shape.bar), f"bar {kind}", tip, 2)
        return place, width

    def extent(self, began: datetime, ended: datetime) -> tuple[float, float]:
        """Return where a bar begins and how wide it is: what is over in a moment is drawn as well."""
        begin, end = self.scale.at(began), self.scale.at(ended)
        width = max(end - begin, _THINNEST)
        return min(begin, self.scale.right - width), width
