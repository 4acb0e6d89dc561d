"""The steps of a migration over time: a bar for each process that worked on one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from migrate.report.charts.marks import ABOVE, draw_axis, draw_eager, draw_removal
from migrate.report.charts.scale import CHARACTER, TimeScale, between
from migrate.report.charts.svg import Drawing
from migrate.report.durations import took
from migrate.report.story import Ending
from migrate.wording import counted

if TYPE_CHECKING:
    from migrate.report.story import Hold, Period, Process, Span, Story

_TOP: Final = ABOVE
_BOTTOM: Final = 26.0
_THINNEST: Final = 3.0
_PROCESSES: Final = "processes"


@dataclass(frozen=True)
class Shape:
    """How the chart is laid out in one width."""

    name: str
    width: float
    left: float
    right: float
    row: float
    bar: float
    """Of a row's height."""
    above: bool
    """Whether names stand above their bars, where there is no room beside them."""


_KINDS: Final = {
    Ending.DONE: "done",
    Ending.STOPPED: "stopped",
    Ending.UNSEEN: "unseen",
    Ending.RUNNING: "running",
}

WIDE: Final = Shape("wide", 960, left=152, right=84, row=25, bar=15, above=False)
NARROW: Final = Shape("narrow", 360, left=4, right=8, row=38, bar=13, above=True)


@dataclass(frozen=True)
class _Canvas:
    """What every row is drawn on."""

    drawing: Drawing
    scale: TimeScale
    shape: Shape
    story: Story

    def draw_bar(self, extent: Span | Hold | Process, top: float, kind: str, tip: str) -> tuple[float, float]:
        """Draw when something was at work; return where that begins and how wide it is."""
        begin, end = self.scale.at(extent.began), self.scale.at(extent.ended)
        # What is over in a moment is drawn as well.
        width = max(end - begin, _THINNEST)
        place = min(begin, self.scale.right - width)
        self.drawing.rectangle((place, top), (width, self.shape.bar), f"bar {kind}", tip, 2)
        return place, width


def timeline(story: Story, shape: Shape) -> str:
    """Given a story with a period and a shape, return the chart as SVG."""
    period = story.period
    if period is None:
        return ""
    began, ended = between(period.began, period.ended)
    scale = TimeScale(began, ended, shape.left, shape.width - shape.right)
    rows = (_PROCESSES, *story.steps)
    bottom = _TOP + len(rows) * shape.row
    drawing = Drawing(
        f"timeline-{shape.name}", shape.width, bottom + _BOTTOM, "Steps over time", _described(story, period)
    )
    draw_eager(drawing, scale, story.eager, _TOP, bottom)
    draw_axis(drawing, scale, _TOP, bottom)
    for process in story.processes[1:]:
        place = scale.at(process.began)
        drawing.line((place, _TOP), (place, bottom), "resumed")
    canvas = _Canvas(drawing, scale, shape, story)
    for number, name in enumerate(rows):
        _draw_row(canvas, name, _TOP + number * shape.row)
    draw_removal(drawing, scale, story.removal, bottom)
    return drawing.done()


def _draw_row(canvas: _Canvas, name: str, top: float) -> None:
    shape, story, drawing = canvas.shape, canvas.story, canvas.drawing
    spans = [span for span in story.spans if span.step == name]
    baseline = top + (13 if shape.above else shape.row / 2 + 4)
    kind = "strong" if name == _PROCESSES else "" if spans else "muted"
    drawing.line((0, top), (shape.width, top), "grid")
    drawing.text((0, baseline), name, f"name {kind}".strip())
    drawing.text((shape.width - 2, baseline), _figure(story, name, spans), "figure", "end")
    bar = top + (18 if shape.above else (shape.row - shape.bar) / 2)
    if name == _PROCESSES:
        for process in story.processes:
            _draw_process(canvas, process, bar)
        return
    for hold in (item for item in story.holds if item.step == name):
        tip = f"{name}: held at the gate for {took((hold.ended - hold.began).total_seconds())}"
        canvas.draw_bar(hold, bar, "held", tip)
    for span in spans:
        tip = f"{name}: {span.ending}, {took(span.seconds)}, from {span.began:%H:%M:%S} UTC, process {span.process}"
        canvas.draw_bar(span, bar, _KINDS[span.ending], tip)


def _draw_process(canvas: _Canvas, process: Process, bar: float) -> None:
    told = f"process {process.number}: {process.how} at {process.began:%H:%M:%S} UTC, {process.ending}"
    tip = f"{told}{f' ({process.code})' if process.code else ''}"
    place, width = canvas.draw_bar(process, bar, f"process {_KINDS[process.ending]}", tip)
    words = next(
        (text for text in (f"{process.number} {process.how}", str(process.number)) if _fits(text, width)), ""
    )
    if words:
        canvas.drawing.text((place + 5, bar + canvas.shape.bar - 3.5), words, "inside")


def _fits(text: str, width: float) -> bool:
    return len(text) * CHARACTER + 8 <= width


def _figure(story: Story, name: str, spans: list[Span]) -> str:
    if name == _PROCESSES:
        return str(len(story.processes))
    if not spans:
        held = [hold for hold in story.holds if hold.step == name]
        return "held" if held else "not begun"
    return took(sum(span.seconds for span in spans))


def _described(story: Story, period: Period) -> str:
    done = {span.step for span in story.spans if span.ending is Ending.DONE}
    runs = counted(len(story.processes), "run")
    return (
        f"{len(done)} of {len(story.steps)} steps done, by {runs} of the program in {took(period.seconds)}. "
        "The table below has the same."
    )
