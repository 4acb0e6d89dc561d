"""What the charts have in common: the axis of time, the eager window, releases, the point of no return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.report.charts.scale import CHARACTER
from migrate.report.durations import took

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from migrate.report.charts.scale import TimeScale
    from migrate.report.charts.svg import Drawing
    from migrate.report.story import Period, Release

ABOVE: Final = 40.0
"""So much room what is written above a chart takes, releases aside."""
_FIRST_LINE: Final = 12.0
_SECOND_LINE: Final = 26.0
_EDGE: Final = 33.0
_NO_RETURN: Final = ("point of no return", "no return")


def draw_axis(drawing: Drawing, scale: TimeScale, top: float, bottom: float) -> None:
    """Draw the axis of time with its ticks, in UTC."""
    drawing.line((scale.left, bottom), (scale.right, bottom), "axis")
    for tick in scale.ticks():
        drawing.line((tick.place, top), (tick.place, bottom), "grid")
        drawing.text((tick.place, bottom + 16), tick.label, "tick", "middle")


def draw_eager(drawing: Drawing, scale: TimeScale, periods: Sequence[Period], top: float, bottom: float) -> None:
    """Shade when tasks ran inside their callers."""
    end = 0.0
    for period in periods:
        begin, width = scale.at(period.began), scale.at(period.ended) - scale.at(period.began)
        length = took(period.seconds)
        so_far = "" if period.is_over else " so far"
        drawing.rectangle((begin, top), (max(width, 1.0), bottom - top), "eager", f"eager for {length}{so_far}")
        drawing.line((begin, _EDGE), (begin + max(width, 1.0), _EDGE), "eager-edge")
        text = f"eager {length}{so_far}"
        place = held_within(begin, text, scale)
        if place >= end:
            drawing.text((place, _SECOND_LINE), text, "eager-text")
            end = place + len(text) * CHARACTER


def draw_removal(drawing: Drawing, scale: TimeScale, removal: datetime | None, bottom: float) -> None:
    """Draw the point of no return."""
    if removal is None:
        return
    place = scale.at(removal)
    drawing.line((place, 2), (place, bottom), "removal")
    text = next((text for text in _NO_RETURN if len(text) * CHARACTER <= scale.right - scale.left), _NO_RETURN[-1])
    width = len(text) * CHARACTER
    if place + 4 + width <= scale.right:
        drawing.text((place + 4, _FIRST_LINE), text, "removal-text")
    else:
        drawing.text((place - 4, _FIRST_LINE), text, "removal-text", "end")


def draw_releases(drawing: Drawing, scale: TimeScale, releases: Sequence[Release], top: float, bottom: float) -> None:
    """Draw when releases became live; where they are close, one label names several."""
    groups: list[list[Release]] = []
    for release in releases:
        near = (
            groups and scale.at(release.at) - scale.at(groups[-1][0].at) < (len(_named(groups[-1])) + 1) * CHARACTER
        )
        if near:
            groups[-1].append(release)
        else:
            groups.append([release])
        drawing.line((scale.at(release.at), top), (scale.at(release.at), bottom), "release")
    for group in groups:
        place = min(scale.at(group[0].at), scale.right - len(_named(group)) * CHARACTER / 2)
        drawing.text((place, top - 5), _named(group), "release-text", "middle")


def held_within(place: float, text: str, scale: TimeScale) -> float:
    """Return where a text begins that should begin at a place, and must not end outside of the chart."""
    return max(scale.left, min(place, scale.right - len(text) * CHARACTER))


def _named(group: Sequence[Release]) -> str:
    first, last = group[0].version, group[-1].version
    return f"v{first}" if first == last else f"v{first}-{last}"
