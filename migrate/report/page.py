"""Everything that a page says, as values: pure, from what the store knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from migrate.report.calls import Calls, calls
from migrate.report.comparison import Comparison, compare
from migrate.report.conservation import Conservation, conservation, in_words
from migrate.report.depths import Depths, depths
from migrate.report.durations import took
from migrate.report.figure import Figure
from migrate.report.step_rows import StepRow, step_rows
from migrate.report.telling import tell
from migrate.report.verdict import Verdict, verdict
from migrate.report.words import Entry, entries
from migrate.wording import counted, short_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from migrate.report.material import Material
    from migrate.report.story import Story

NO_RECORD = (
    "The store has no record of what happened: an older version ran this migration, which kept none, or the record "
    "could not be written. Where it stands is known all the same; charts, calls and counts are not."
)


class Page(Struct, frozen=True):
    """What a page says of one migration."""

    id: str
    app: str
    add_on: str
    from_plan: str
    to_plan: str
    strategy: str
    begun: datetime
    made: datetime
    verdict: Verdict
    waiting: str
    """What the step at hand waits for; empty where it does not, or that is not known."""
    figures: tuple[Figure, ...]
    gaps: tuple[str, ...]
    """What is missing in the record."""
    story: Story
    steps: tuple[StepRow, ...]
    depths: Depths
    conservation: Conservation
    adds_up: str
    comparison: Comparison
    findings: tuple[Mapping[str, Any], ...]
    """Of preflight, as recorded; code, severity, what, why and do."""
    advice: tuple[Mapping[str, Any], ...]
    """Rows of doctor, where they are recorded."""
    calls: Calls
    entries: tuple[Entry, ...]
    entries_left_out: int


def page(material: Material, *, calls_at_most: int | None = None, entries_at_most: int | None = None) -> Page:
    """Given what the store knows, return what the page says."""
    record, migration = material.record, material.migration
    story = _as_counted(tell(record, material.now, running=bool(material.read.holder)), material.past.eager_seconds)
    known, called = conservation(record), calls(record, **_most(calls_at_most))
    compared = compare(record)
    listed, left_out = entries(record, **_most(entries_at_most))
    return Page(
        id=migration.id,
        app=migration.app,
        add_on=migration.add_on,
        from_plan=short_plan(migration.from_plan),
        to_plan=short_plan(migration.to_plan),
        strategy=migration.strategy,
        begun=material.begun,
        made=material.now,
        verdict=verdict(material.read, material.stood, material.past, known),
        waiting=material.read.waiting,
        figures=tuple(_figures(material, story, known, called, compared)),
        gaps=_gaps(record, story),
        story=story,
        steps=step_rows(story, material.read.steps),
        depths=depths(record),
        conservation=known,
        adds_up=in_words(known),
        comparison=compared,
        findings=_of(record, "preview", "findings"),
        advice=_of(record, "doctor", "rows"),
        calls=called,
        entries=listed,
        entries_left_out=left_out,
    )


def _as_counted(story: Story, seconds: float | None) -> Story:
    """Return the story with the eager seconds of the journal, so that a page has one figure for them."""
    if seconds is None or len(story.eager) != 1 or not story.eager[0].is_over:
        return story
    return replace(story, eager=(replace(story.eager[0], counted=seconds),))


def _most(number: int | None) -> dict[str, int]:
    return {} if number is None else {"most": number}


def _of(record: Sequence[Any], kind: str, name: str) -> tuple[Mapping[str, Any], ...]:
    """Return a list that the newest event of a kind has."""
    return next((tuple(item.body.get(name) or ()) for item in reversed(record) if item.type == kind), ())


def _gaps(record: Sequence[Any], story: Story) -> tuple[str, ...]:
    if not record:
        return (NO_RECORD,)
    gaps = []
    if not story.processes:
        gaps.append("The record does not have the beginning of any process, so nothing can be drawn over time.")
    if story.missing:
        gaps.append(f"{counted(story.missing, 'event')} of the record could not be written, and are missing here.")
    return tuple(gaps)


def _figures(
    material: Material, story: Story, known: Conservation, called: Calls, compared: Comparison
) -> list[Figure]:
    period, past = story.period, material.past
    runs = counted(len(story.processes), "process").replace("processs", "processes")
    whole = took(period.seconds) if period else "unknown"
    eager = "still on" if past.eager else "none" if past.eager_seconds is None else took(past.eager_seconds)
    failed = f"{called.failed} answered with an error" if called.failed else "none failed"
    before, after = compared.releases
    return [
        Figure("From start to end" if period and period.is_over else "So far", whole, runs if period else ""),
        Figure("Eager window", eager, "tasks ran inside their callers" if past.eager_seconds is not None else ""),
        Figure("Left on the old broker", _figure(known.left), known.left_why),
        Figure("Releases", f"{before} to {after}" if after != "unknown" else f"{len(story.releases)} seen", ""),
        Figure("Calls to Heroku", str(called.total), f"{called.changes} could change something, {failed}"),
    ]


def _figure(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"
