"""Draws a view as lines: no wider, no higher than the paper, with the step at hand always among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace
from rich.cells import cell_len

from migrate.listeners.drain_table import figure, queue_lines
from migrate.listeners.paper import fit, flowed, folded, plain, styled
from migrate.listeners.step_list import STYLES, clock_face, step_lines
from migrate.listeners.view import StepState
from migrate.wording import counted, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from rich.text import Text

    from migrate.listeners.paper import Paper
    from migrate.listeners.view import View

TWO_COLUMNS: Final = 150
"""From this width on the steps stand beside what is known of the one at hand."""
_REASON_LINES: Final = 3
_FEWEST_STEPS: Final = 5
_GAP: Final = 3
_TASKS: Final = 6
_NOT_CROWDED: Final = 12
"""From this height on there is a blank line between the steps and what is known of the one at hand."""
_AIRY: Final = 20
"""From this height on there is one above the steps too."""


def draw(view: View, now: datetime, paper: Paper) -> list[Text]:
    """Given a view, the time and a paper, return at most ``paper.height`` lines of at most ``paper.width`` columns.

    Print each by itself, or all as ``rich.console.Group(*lines)``.
    """
    head = _head(view, now, paper)[: max(0, paper.height - 1)]
    said = _said(view, replace(paper, events=min(paper.events, max(0, paper.height - len(head) - _FEWEST_STEPS))))
    body = replace(paper, height=paper.height - len(head) - len(said))
    middle = _beside(view, now, body) if paper.width >= TWO_COLUMNS else _below(view, now, body)
    lines = [*head, *middle, *said][: paper.height]
    for line in lines:
        line.rstrip()  # a terminal that gets narrower breaks what is there, also where it is blank
    return lines


def estimate(detail: Mapping[str, Any]) -> str:
    """Given the detail of a wait, return how fast it gets on and how long it takes, empty where that is unknown."""
    rate, left = detail.get("messages_per_second"), detail.get("seconds_left")
    if not rate or not left:
        return ""
    return f"{rate:g} a second, about {span(left)} left"


def _head(view: View, now: datetime, paper: Paper) -> list[Text]:
    old, new = (plain(plan).removeprefix("cloudamqp:") for plan in (view.from_plan, view.to_plan))
    way = f"back to {old}" if view.back else f"{old} {paper.characters.arrow} {new}"
    what = (plain(view.app) and f"{plain(view.app)}: {way}", plain(view.strategy), plain(view.migration))
    place = f"step {view.current + 1} of {len(view.steps)}" if view.steps else ""
    elapsed = f"elapsed {clock_face((now - view.began).total_seconds())}" if view.began else ""
    when = (place, elapsed, _eager(view, now))
    return [
        *(styled(line, "bold") for line in flowed(what, paper.width, paper.characters)),
        *(styled(line) for line in flowed(when, paper.width, paper.characters)),
    ]


def _eager(view: View, now: datetime) -> str:
    if view.eager_since is None:
        return ""
    if view.eager_until is not None:
        return f"was eager for {clock_face((view.eager_until - view.eager_since).total_seconds())}"
    lasts = clock_face((now - view.eager_since).total_seconds())
    return f"eager for {lasts}, since {view.eager_since:%H:%M:%S} UTC"


def _below(view: View, now: datetime, paper: Paper) -> list[Text]:
    first, second = ([styled("")] if paper.height >= height else [] for height in (_AIRY, _NOT_CROWDED))
    detail = _detail(view, replace(paper, height=max(0, paper.height - _FEWEST_STEPS - len(first + second))))
    second = second if detail else []
    steps = step_lines(view, now, replace(paper, height=paper.height - len((*first, *second, *detail))))
    return [*first, *steps, *second, *detail]


def _beside(view: View, now: datetime, paper: Paper) -> list[Text]:
    left = (paper.width - _GAP) * 9 // 20
    steps = step_lines(view, now, replace(paper, width=left, height=paper.height - 1))
    detail = _detail(view, replace(paper, width=paper.width - _GAP - left, height=paper.height - 1))
    lines = [styled("")]
    for place in range(max(len(steps), len(detail))):
        line = steps[place].copy() if place < len(steps) else styled("")
        if place < len(detail):
            line.append(" " * (left + _GAP - cell_len(line.plain)))
            line.append_text(detail[place])
        lines.append(line)
    return lines


def _detail(view: View, paper: Paper) -> list[Text]:
    """Return what is known of the step at hand: why it waits, and the figures."""
    if not view.steps or paper.height < 1:
        return []
    lines = [styled(line, style) for line, style in _why(view, paper)][: paper.height]
    room = replace(paper, height=paper.height - len(lines))
    queues, tasks = view.detail.get("queues"), view.detail.get("tasks")
    if queues:
        lines += queue_lines(queues, view.levels, room)
    elif tasks:
        lines += _tasks(tasks, room)
    elif view.levels and room.height > 0:
        lines.append(styled(_last_known(view, paper), "yellow"))
    return lines


def _why(view: View, paper: Paper) -> Iterator[tuple[str, str]]:
    step = view.steps[view.current]
    if step.state not in {StepState.NOW, StepState.HELD}:
        if step.state in {StepState.FAILED, StepState.STOPPED} and view.result:
            for line in folded(plain(view.result.what), paper.width, _REASON_LINES, paper.characters):
                yield line, STYLES[step.state]
        return
    for line in folded(plain(view.reason), paper.width, _REASON_LINES, paper.characters) if view.reason else ():
        yield line, "bold"
    cause = view.detail.get("cause")
    parts = (estimate(view.detail), f"why: {plain(cause)}, see runbook {plain(step.name)}" if cause else "")
    for line in flowed(parts, paper.width, paper.characters):
        yield line, "yellow" if cause else ""


def _last_known(view: View, paper: Paper) -> str:
    seen = max(level.looks[-1][0] for level in view.levels.values())
    left = sum(level.now for level in view.levels.values())
    text = f"queues: unknown now; {counted(left, 'message')} when last seen, {seen:%H:%M:%S} UTC"
    return fit(text, paper.width, paper.characters)


def _tasks(tasks: list[Mapping[str, Any]], paper: Paper) -> list[Text]:
    most = min(_TASKS, paper.height)
    shown = tasks if len(tasks) <= most else tasks[: most - 1]
    lines = []
    for task in shown:
        seconds = "running for an unknown time" if task["seconds"] is None else f"{figure(round(task['seconds']))} s"
        text = plain(f"{task['name']}  {seconds}  {task['worker']}  {task['id']}")
        lines.append(styled(fit(text, paper.width, paper.characters)))
    if (more := len(tasks) - len(shown)) and most:
        lines.append(
            styled(fit(f"{paper.characters.ellipsis} {counted(more, 'task')} more", paper.width, paper.characters))
        )
    return lines


def _said(view: View, paper: Paper) -> list[Text]:
    lines = []
    for said in view.said[-paper.events :] if paper.events else ():
        text = plain(
            f"{said.at:%H:%M:%S}  {said.step}  {said.text}" if said.step else f"{said.at:%H:%M:%S}  {said.text}"
        )
        lines.append(styled(fit(text, paper.width, paper.characters), "dim"))
    return lines
