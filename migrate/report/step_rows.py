"""The steps as a table: what the timeline shows, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migrate.report.durations import took

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from migrate.report.story import Hold, Span, Story


class StepRow(Struct, frozen=True):
    """One step."""

    step: str
    title: str
    state: str
    began: datetime | None
    took: str
    processes: str
    held: str
    """How long it was held at its gate, and who opened that; empty where it was not."""


def step_rows(story: Story, known: Mapping[str, bool]) -> tuple[StepRow, ...]:
    """Given the story and which steps the store has as done, return a row for each step."""
    names = dict.fromkeys((*story.steps, *known))
    return tuple(_row(name, story, known.get(name)) for name in names)


def _row(name: str, story: Story, done: bool | None) -> StepRow:  # noqa: FBT001 -- three values, from a mapping
    spans = [span for span in story.spans if span.step == name]
    return StepRow(
        step=name,
        title=story.titles.get(name, ""),
        state=_state(spans, done),
        began=spans[0].began if spans else None,
        took=took(sum(span.seconds for span in spans)) if spans else "",
        processes=", ".join(dict.fromkeys(str(span.process) for span in spans)),
        held=_held([hold for hold in story.holds if hold.step == name]),
    )


def _state(spans: list[Span], done: bool | None) -> str:  # noqa: FBT001 -- as above
    if spans:
        return str(spans[-1].ending)
    return {True: "done, by the store", False: "not begun", None: "not begun"}[done]


def _held(holds: list[Hold]) -> str:
    if not holds:
        return ""
    seconds = sum((hold.ended - hold.began).total_seconds() for hold in holds)
    who = holds[-1].who
    return f"{took(seconds)}, {f'opened by {who}' if who else 'not opened'}"
