"""The list of steps: all of them where there is room, else those around the one at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from migrate.listeners.paper import cell, fit, plain, styled
from migrate.listeners.view import StepState
from migrate.wording import counted

if TYPE_CHECKING:
    from datetime import datetime

    from rich.text import Text

    from migrate.listeners.paper import Paper
    from migrate.listeners.view import StepView, View

STYLES: Final = {
    StepState.OPEN: "dim",
    StepState.NOW: "bold cyan",
    StepState.DONE: "green",
    StepState.SKIPPED: "green",
    StepState.HELD: "bold yellow",
    StepState.FAILED: "bold red",
    StepState.STOPPED: "bold yellow",
}
_BEHIND: Final = frozenset({StepState.DONE, StepState.SKIPPED})
_GAP: Final = 2
_NARROWEST_TITLE: Final = 24
_TIME: Final = 8
"""Columns for a time, or the word in its place."""
_WITH_ENDS: Final = 3
"""From this height on it is said how many steps are left out."""


def step_lines(view: View, now: datetime, paper: Paper) -> list[Text]:
    """Given a view, return its steps as at most ``paper.height`` lines; that of the step at hand is among them."""
    if not view.steps or paper.height < 1:
        return []
    rows = [_row(view, step, now, paper) for step in view.steps]
    line, current = _place_of_no_return(view), view.current
    if line is not None:
        rows.insert(line, _line_of_no_return(view.steps[line], paper))
        current += line <= current
    first, last = _window(len(rows), current, paper.height)
    shown = rows[first:last]
    if paper.height < _WITH_ENDS:
        return shown
    if first:
        passed = "the point of no return too" if line is not None and line < first else ""
        shown.insert(0, _left_out(first - bool(passed), "above", passed, paper))
    if last < len(rows):
        ahead = f"the point of no return before {view.point_of_no_return}" if (line or 0) >= last else ""
        shown.append(_left_out(len(rows) - last - bool(ahead), "below", ahead, paper))
    return shown


def clock_face(seconds: float) -> str:
    """Given seconds, return them as 0:07, 12:34 or 1:02:03."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _window(count: int, current: int, height: int) -> tuple[int, int]:
    """Return the first row that is shown, and the first one after it that is not: the current one is among them."""
    if count <= height:
        return 0, count
    if height < _WITH_ENDS:
        return current, current + 1
    inside = height - 2
    first = min(max(0, current - inside // 2), count - inside)
    # At an end where nothing is left out there is room for one row more.
    if first <= 1:
        return 0, height - 1
    if first + inside >= count - 1:
        return count - height + 1, count
    return first, first + inside


def _place_of_no_return(view: View) -> int | None:
    names = [step.name for step in view.steps]
    return names.index(view.point_of_no_return) if view.point_of_no_return in names else None


def _row(view: View, step: StepView, now: datetime, paper: Paper) -> Text:
    time = cell(_time(step, now), _TIME, paper.characters, right=True)
    names = max(cell_len(plain(each.name)) for each in view.steps)
    name = cell(plain(step.name), min(names, max(1, paper.width - _TIME - 4)), paper.characters)
    style = STYLES[step.state]
    head = f"{paper.characters.marks[step.state]} {name}"
    room = paper.width - cell_len(head) - _TIME - 2 * _GAP
    title = fit(plain(step.title), max(0, room), paper.characters) if room >= _NARROWEST_TITLE else ""
    filling = " " * (paper.width - cell_len(head) - cell_len(title) - _TIME - _GAP)
    line = styled("")
    line.append(head, style)
    line.append(f"{' ' * _GAP}{title}", "" if step.state is StepState.NOW else "dim")
    line.append(filling + time, style)
    line.truncate(paper.width)
    return line


def _time(step: StepView, now: datetime) -> str:
    if step.state is StepState.NOW:
        return clock_face((now - step.began).total_seconds()) if step.began else "now"
    if step.state is StepState.SKIPPED:
        return "earlier"
    if step.state is StepState.DONE:
        return clock_face(step.seconds) if step.seconds is not None else "done"
    return "" if step.state is StepState.OPEN else str(step.state)


def _line_of_no_return(step: StepView, paper: Paper) -> Text:
    rule = paper.characters.rule
    passed = step.state in _BEHIND
    words = "point of no return, passed" if passed else "point of no return"
    line = fit(f"{rule * 2} {words} ", paper.width, paper.characters)
    return styled(line + rule * (paper.width - cell_len(line)), "dim" if passed else "yellow")


def _left_out(steps: int, where: str, besides: str, paper: Paper) -> Text:
    text = f"{paper.characters.ellipsis} {counted(steps, 'step')} {where}{f', and {besides}' if besides else ''}"
    return styled(fit(text, paper.width, paper.characters), "dim")
