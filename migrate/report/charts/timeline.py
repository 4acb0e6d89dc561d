"""The steps of a migration over time: a bar for each process that worked on one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.report.charts.marks import ABOVE, draw_axis, draw_eager, draw_removal
from migrate.report.charts.rows import BOTTOM, Rows, Shape
from migrate.report.charts.scale import CHARACTER, TimeScale, between
from migrate.report.charts.svg import Drawing
from migrate.report.durations import took
from migrate.report.story import Ending
from migrate.wording import counted

if TYPE_CHECKING:
    from migrate.report.story import Period, Process, Span, Story

_TOP: Final = ABOVE
_PROCESSES: Final = "processes"
_KINDS: Final = {
    Ending.DONE: "done",
    Ending.STOPPED: "stopped",
    Ending.UNSEEN: "unseen",
    Ending.RUNNING: "running",
}

WIDE: Final = Shape("wide", 960, left=152, right=84, row=25, bar=15, above=False)
NARROW: Final = Shape("narrow", 360, left=4, right=8, row=38, bar=13, above=True)


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
        f"timeline-{shape.name}", shape.width, bottom + BOTTOM, "Steps over time", _described(story, period)
    )
    draw_eager(drawing, scale, story.eager, _TOP, bottom)
    draw_axis(drawing, scale, _TOP, bottom)
    for process in story.processes[1:]:
        place = scale.at(process.began)
        drawing.line((place, _TOP), (place, bottom), "resumed")
    canvas = Rows(drawing, scale, shape, _TOP)
    for number, name in enumerate(rows):
        _draw_row(canvas, story, name, canvas.row(number))
    draw_removal(drawing, scale, story.removal, bottom)
    return drawing.done()


def _draw_row(canvas: Rows, story: Story, name: str, top: float) -> None:
    spans = [span for span in story.spans if span.step == name]
    kind = "strong" if name == _PROCESSES else "" if spans else "muted"
    canvas.label(name, kind, _figure(story, name, spans), top)
    bar = canvas.bar_top(top)
    if name == _PROCESSES:
        for process in story.processes:
            _draw_process(canvas, process, bar)
        return
    for hold in (item for item in story.holds if item.step == name):
        tip = f"{name}: held at the gate for {took((hold.ended - hold.began).total_seconds())}"
        canvas.bar(hold.began, hold.ended, bar, "held", tip)
    for span in spans:
        tip = f"{name}: {span.ending}, {took(span.seconds)}, from {span.began:%H:%M:%S} UTC, process {span.process}"
        canvas.bar(span.began, span.ended, bar, _KINDS[span.ending], tip)


def _draw_process(canvas: Rows, process: Process, bar: float) -> None:
    told = f"process {process.number}: {process.how} at {process.began:%H:%M:%S} UTC, {process.ending}"
    tip = f"{told}{f' ({process.code})' if process.code else ''}"
    place, width = canvas.bar(process.began, process.ended, bar, f"process {_KINDS[process.ending]}", tip)
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
