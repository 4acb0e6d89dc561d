"""SVG as a tree: whatever text comes in, the serializer escapes it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

if TYPE_CHECKING:
    from collections.abc import Sequence

Point = tuple[float, float]


class Drawing:
    """One chart in the making."""

    def __init__(self, name: str, width: float, height: float, title: str, description: str) -> None:
        """Given an id and the size in units, begin a chart that a screen reader tells by title and description."""
        self.width, self.height = width, height
        self._root = Element(
            "svg",
            {
                "viewBox": f"0 0 {_number(width)} {_number(height)}",
                "role": "img",
                "aria-labelledby": f"{name}-title {name}-description",
                "class": "chart",
            },
        )
        SubElement(self._root, "title", {"id": f"{name}-title"}).text = _clean(title)
        SubElement(self._root, "desc", {"id": f"{name}-description"}).text = _clean(description)

    def rectangle(self, place: Point, size: Point, kind: str, tip: str = "", round_by: float = 0) -> None:
        """Draw one; ``tip`` is shown where the mouse stops."""
        made = self._add("rect", kind, x=place[0], y=place[1], width=size[0], height=size[1], rx=round_by)
        if tip:
            SubElement(made, "title").text = _clean(tip)

    def line(self, begin: Point, end: Point, kind: str) -> None:
        """Draw a straight line."""
        self._add("line", kind, x1=begin[0], y1=begin[1], x2=end[0], y2=end[1])

    def path(self, points: Sequence[Point], kind: str, *, closed: bool = False) -> None:
        """Draw a line through points, filled where it is closed."""
        steps = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self._root.append(Element("polygon" if closed else "polyline", {"class": kind, "points": steps}))

    def dot(self, place: Point, kind: str, tip: str = "") -> None:
        """Draw a dot."""
        made = self._add("circle", kind, cx=place[0], cy=place[1], r=3.5)
        if tip:
            SubElement(made, "title").text = _clean(tip)

    def text(self, place: Point, words: str, kind: str, anchor: str = "start") -> None:
        """Write; ``anchor`` is start, middle or end."""
        self._add("text", kind, x=place[0], y=place[1]).text = _clean(words)
        self._root[-1].set("text-anchor", anchor)

    def done(self) -> str:
        """Return the chart."""
        return tostring(self._root, encoding="unicode")

    def _add(self, tag: str, kind: str, **attributes: float) -> Element:
        given = {name: _number(value) for name, value in attributes.items() if value or name != "rx"}
        return SubElement(self._root, tag, {"class": kind, **given})


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _clean(text: str) -> str:
    """Return text without what XML cannot hold: a queue's name may have any byte in it."""
    return "".join(letter if letter >= " " or letter in "\t\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)
