"""How a fleet stands, in one line that is read first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from migrate.fleet.members import AppState, Word
from migrate.report.fleet.app_rows import LEFT
from migrate.report.verdict import Mood, Verdict
from migrate.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.events import FleetSeen, Result
    from migrate.report.fleet.stretches import Total


_PAUSED = "Paused; no further app begins"
_AT_WORK = {Word.RUNNING: "Running", Word.PAUSED: _PAUSED, Word.STOPPING: "Stopping"}


def verdict(seen: FleetSeen, stood: Result, eager: Total) -> Verdict:
    """Given a fleet, what `fleet status` says of it, and how long its apps were eager, return the verdict."""
    counts = Counter(row.state for row in seen.apps)
    mood, headline = _headline(seen, counts)
    return Verdict(
        mood=mood,
        headline=headline,
        facts=tuple(_facts(seen, counts, eager)),
        why=stood.why,
        state=stood.state,
        next=stood.next,
        back="",
    )


def _headline(seen: FleetSeen, counts: Mapping[str, int]) -> tuple[Mood, str]:
    at_work = counts.get(AppState.WORKING, 0)
    if seen.word == Word.ENDED:
        return _ended(counts)
    if at_work:
        mood = Mood.BUSY if seen.word == Word.RUNNING else Mood.CARE
        return mood, f"{_AT_WORK[Word(seen.word)]}, {counted(at_work, 'app')} at work"
    return _at_rest(seen, counts)


def _at_rest(seen: FleetSeen, counts: Mapping[str, int]) -> tuple[Mood, str]:
    if half := counts.get(LEFT):
        return Mood.BAD, f"Nobody works on it, and {counted(half, 'app')} may be half moved"
    if seen.gate:
        return Mood.CARE, f"Waits at the gate of wave {seen.gate} of {seen.waves}"
    if seen.word == Word.STOPPING:
        return Mood.BAD if seen.why or counts.get(AppState.FAILED) else Mood.CARE, "Stopped"
    return Mood.CARE, _PAUSED if seen.word == Word.PAUSED else "Nobody works on it"


def _ended(counts: Mapping[str, int]) -> tuple[Mood, str]:
    if failed := counts.get(AppState.FAILED):
        return Mood.BAD, f"Over, but {counted(failed, 'app')} failed"
    if left_out := counts.get(AppState.REFUSED, 0) + counts.get(AppState.ROLLED_BACK, 0):
        return Mood.CARE, f"Over, but {counted(left_out, 'app')} not moved"
    return Mood.GOOD, "Done"


def _facts(seen: FleetSeen, counts: Mapping[str, int], eager: Total) -> list[str]:
    facts = [f"{counts.get(AppState.DONE, 0)} of {counted(len(seen.apps), 'app')} moved"]
    if failed := counts.get(AppState.FAILED):
        facts.append(f"{failed} failed")
    if not eager.is_over:
        facts.append("some still eager: tasks run inside their callers")
    return facts
