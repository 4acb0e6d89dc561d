"""How many messages were in the queues over time: areas of the largest ones, and a line for all."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.report.charts.marks import ABOVE, draw_axis, draw_eager, draw_releases, draw_removal
from migrate.report.charts.scale import TimeScale, between, counts, short
from migrate.report.charts.svg import Drawing

if TYPE_CHECKING:
    from migrate.report.charts.svg import Point
    from migrate.report.depths import Count, Depths, Look
    from migrate.report.story import Story

_TOP: Final = ABOVE + 16
_BOTTOM: Final = 26.0


class Shape(Struct, frozen=True):
    """How the chart is laid out in one width."""

    name: str
    width: float
    height: float
    left: float
    right: float


WIDE: Final = Shape("wide", 960, 300, left=52, right=14)
NARROW: Final = Shape("narrow", 360, 260, left=38, right=8)


class _Plane(Struct, frozen=True):
    """Leads from moments and numbers to places."""

    time: TimeScale
    bottom: float
    most: int

    def at(self, seen: Look | Count, messages: int) -> Point:
        return self.time.at(seen.at), round(self.bottom - (self.bottom - _TOP) * messages / self.most, 2)


def depth(known: Depths, story: Story, shape: Shape) -> str:
    """Given what is known of the queues and of the migration, return the chart as SVG."""
    period = story.period
    if period is None:
        return ""
    began, ended = between(period.began, period.ended)
    scale = TimeScale(began, ended, shape.left, shape.width - shape.right)
    axis, bottom = counts(known.most), shape.height - _BOTTOM
    plane = _Plane(scale, bottom, axis[-1])
    title = "Messages in the work queues over time"
    drawing = Drawing(f"depth-{shape.name}", shape.width, shape.height, title, _described(known))
    draw_eager(drawing, scale, story.eager, _TOP, bottom)
    for number in axis:
        height = bottom - (bottom - _TOP) * number / axis[-1]
        drawing.line((scale.left, height), (scale.right, height), "grid")
        drawing.text((scale.left - 6, height + 4), short(number), "tick", "end")
    draw_axis(drawing, scale, bottom, bottom)
    draw_releases(drawing, scale, story.releases, _TOP, bottom)
    _draw_gaps(drawing, plane, known)
    for run in known.runs:
        _draw_run(drawing, plane, run)
    _draw_counts(drawing, plane, known)
    draw_removal(drawing, scale, story.removal, bottom)
    return drawing.done()


def _draw_counts(drawing: Drawing, plane: _Plane, known: Depths) -> None:
    for count in known.counts:
        place = plane.at(count, count.messages)
        drawing.dot(place, "count", f"{count.messages} messages at {count.at:%H:%M:%S} UTC on {count.broker}")
        if count is known.counts[-1] and count.broker != known.counts[0].broker:
            drawing.text((place[0] - 9, place[1] + 4), "new broker", "tick", "end")


def _draw_run(drawing: Drawing, plane: _Plane, run: tuple[Look, ...]) -> None:
    if len(run) == 1:
        drawing.dot(plane.at(run[0], run[0].messages), "look", f"{run[0].messages} messages")
        return
    floor = [0 for _ in run]
    for number in range(len(run[0].shares) + 1):
        parts = [look.others if number == len(look.shares) else look.shares[number] for look in run]
        ceiling = [below + part for below, part in zip(floor, parts, strict=True)]
        if any(parts):
            over = [plane.at(look, value) for look, value in zip(run, ceiling, strict=True)]
            under = [plane.at(look, value) for look, value in zip(run, floor, strict=True)]
            kind = "others" if number == len(run[0].shares) else f"series-{number}"
            drawing.path((*over, *reversed(under)), f"area {kind}", closed=True)
        floor = ceiling
    drawing.path([plane.at(look, look.messages) for look in run], "total")


def _draw_gaps(drawing: Drawing, plane: _Plane, known: Depths) -> None:
    """Join what was seen with nothing seen between, so that it is not taken for a curve."""
    joined = {(before.at, after.at) for run in known.runs for before, after in pairwise(run)}
    for before, after in pairwise(known.of_the_old_broker):
        if (before.at, after.at) not in joined:
            drawing.line(plane.at(before, before.messages), plane.at(after, after.messages), "gap")


def _described(known: Depths) -> str:
    seen = known.of_the_old_broker
    if not seen:
        return "Nothing is known of them."
    return (
        f"{seen[0].messages} messages at first, {known.most} at most, {seen[-1].messages} when the old broker "
        "was last looked at. The table below has the same."
    )
