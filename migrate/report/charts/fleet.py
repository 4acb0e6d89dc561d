"""A fleet over time: a bar for each wave, and for each app of one a bar with its eager window in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from migrate.fleet.members import AppState
from migrate.report.charts.marks import draw_axis
from migrate.report.charts.rows import BOTTOM, Rows, Shape
from migrate.report.charts.scale import NAME_CHARACTER, TimeScale, between, fitting
from migrate.report.charts.svg import Drawing
from migrate.report.durations import took
from migrate.report.fleet.app_rows import LEFT
from migrate.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.report.fleet.app_rows import AppRow
    from migrate.report.fleet.stretches import Stretch
    from migrate.report.fleet.waves import Wave
    from migrate.report.story import Period

KINDS: Final = {
    AppState.DONE: "done",
    AppState.WORKING: "running",
    AppState.STOPPED: "stopped",
    AppState.ROLLED_BACK: "back",
    AppState.REFUSED: "held",
    AppState.FAILED: "unseen",
    LEFT: "left",
}
"""How a bar of an app is drawn that stands so; its state is written beside it."""
WIDE: Final = Shape("wide", 960, left=232, right=152, row=21, bar=13, above=False)
NARROW: Final = Shape("narrow", 360, left=4, right=8, row=36, bar=12, above=True)
_TOP: Final = 6.0
_TALL: Final = 25
"""With more rows than that the times are written above them as well."""
_SHARES: Final = {"eager-part": 0.5, "brokerless-part": 0.25}
"""Of a bar's height."""


def waves(known: Sequence[Wave], period: Period, shape: Shape) -> str:
    """Given the waves of a fleet and when it was worked on, return the chart as SVG."""
    title = "Waves over time"
    canvas = _canvas("waves", title, _of_waves(known, period), period=period, rows=len(known), shape=shape)
    for number, wave in enumerate(known):
        top = canvas.row(number)
        done = wave.counts.get(AppState.DONE, 0)
        canvas.label(f"wave {wave.number}", "strong", f"{done} of {len(wave.apps)} moved", top)
        if wave.held is not None:
            tip = f"held at the gate of wave {wave.number} for {took(wave.held.seconds)}"
            canvas.bar(wave.held.began, wave.held.ended, canvas.bar_top(top), "held", tip)
        if wave.period is not None:
            tip = f"wave {wave.number}: {took(wave.period.seconds)}, from {wave.period.began:%H:%M:%S} UTC"
            kind = "done" if wave.period.is_over else "running"
            canvas.bar(wave.period.began, wave.period.ended, canvas.bar_top(top), kind, tip)
    return canvas.drawing.done()


def apps(wave: Wave, shape: Shape) -> str:
    """Given a wave that has begun, return the chart of its apps that have, as SVG."""
    if wave.period is None:
        return ""
    title = f"Apps of wave {wave.number} over time"
    told = f"{counted(len(wave.begun), 'bar')}, one for each app that has begun. The table of all apps has the same."
    shape = _as_wide_as(max((row.app for row in wave.begun), key=len), shape)
    canvas = _canvas(f"wave-{wave.number}", title, told, period=wave.period, rows=len(wave.begun), shape=shape)
    for number, row in enumerate(wave.begun):
        _draw_app(canvas, row, canvas.row(number))
    return canvas.drawing.done()


def _canvas(name: str, title: str, told: str, *, period: Period, rows: int, shape: Shape) -> Rows:
    scale = TimeScale(*between(period.began, period.ended), shape.left, shape.width - shape.right)
    top = _TOP if rows <= _TALL else _TOP + BOTTOM
    bottom = top + rows * shape.row
    drawing = Drawing(f"{name}-{shape.name}", shape.width, bottom + BOTTOM, title, told)
    draw_axis(drawing, scale, top, bottom)
    if rows > _TALL:
        for tick in scale.ticks():
            drawing.text((tick.place, top - 8), tick.label, "tick", "middle")
    return Rows(drawing, scale, shape, top)


def _as_wide_as(name: str, shape: Shape) -> Shape:
    """Return the shape with no more room for names than the longest one takes."""
    return shape if shape.above else replace(shape, left=min(shape.left, len(name) * NAME_CHARACTER + 16))


def _draw_app(canvas: Rows, row: AppRow, top: float) -> None:
    if row.began is None or row.ended is None:
        return
    shape = canvas.shape
    length = took(row.seconds or 0.0)
    figure = length if row.state == AppState.DONE else f"{row.state}, {length}"
    room = shape.left - 8 if not shape.above else shape.width - 12 - len(figure) * NAME_CHARACTER
    canvas.label(fitting(row.app, room), "", figure, top)
    bar = canvas.bar_top(top)
    tip = f"{row.app}: {row.state}, {length}, from {row.began:%H:%M:%S} UTC"
    canvas.bar(row.began, row.ended, bar, KINDS.get(row.state, "held"), tip)
    _draw_part(canvas, row.eager, bar, kind="eager-part", what=f"{row.app}: eager")
    _draw_part(canvas, row.brokerless, bar, kind="brokerless-part", what=f"{row.app}: without a broker, at most")


def _draw_part(canvas: Rows, stretch: Stretch, bar: float, *, kind: str, what: str) -> None:
    """Draw a stretch in the lower part of a bar."""
    height = canvas.shape.bar * _SHARES[kind]
    for period in stretch.periods:
        place, width = canvas.extent(period.began, period.ended)
        tip = f"{what} for {took(period.seconds)}{'' if period.is_over else ' so far'}"
        canvas.drawing.rectangle((place, bar + canvas.shape.bar - height), (width, height), kind, tip)


def _of_waves(known: Sequence[Wave], period: Period) -> str:
    begun = sum(wave.period is not None for wave in known)
    return f"{begun} of {counted(len(known), 'wave')} begun, in {took(period.seconds)}. The table below has the same."
