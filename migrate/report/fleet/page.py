"""Everything that the page about a fleet says, as values: pure, from what the store knows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.fleet.members import AppState, Word
from migrate.report.durations import took
from migrate.report.figure import Figure
from migrate.report.fleet.app_rows import LEFT, AppRow, app_rows
from migrate.report.fleet.parts import slowest, to_look_at
from migrate.report.fleet.stretches import Total, total
from migrate.report.fleet.verdict import verdict
from migrate.report.fleet.waves import Wave, waves_of
from migrate.report.story import Period
from migrate.wording import counted, short_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from migrate.report.fleet.material import FleetMaterial
    from migrate.report.verdict import Verdict

_ORDER: Final = (
    *(AppState.FAILED, LEFT, AppState.STOPPED, AppState.REFUSED, AppState.ROLLED_BACK),
    *(AppState.WORKING, AppState.WAITING, AppState.DONE),
)
"""What somebody must look at comes first."""
_MOST_BARS: Final = 60
"""So many bars are seen without unfolding anything."""


class FleetPage(Struct, frozen=True):
    """What a page says of one fleet."""

    id: str
    name: str
    to_plan: str
    waves_in_words: str
    begun: datetime
    made: datetime
    made_by: str
    """The command."""
    verdict: Verdict
    figures: tuple[Figure, ...]
    gaps: tuple[str, ...]
    """What is not known."""
    counts: Mapping[str, int]
    """How many apps are in which state, worst first."""
    period: Period | None
    """From the first beginning to the last end."""
    waves: tuple[Wave, ...]
    unfolded: frozenset[int]
    """The waves whose bars are seen at once."""
    slowest: tuple[AppRow, ...]
    trouble: tuple[AppRow, ...]
    apps: tuple[AppRow, ...]


def page(material: FleetMaterial) -> FleetPage:
    """Given what the store knows, return what the page says."""
    standing, seen = material.standing, material.seen
    rows = app_rows(material)
    waves = waves_of(rows, standing, seen.gate, material.now)
    eager, brokerless = total(row.eager for row in rows), total(row.brokerless for row in rows)
    counts = Counter(row.state for row in rows)
    return FleetPage(
        id=seen.fleet,
        name=seen.name,
        to_plan=short_plan(seen.to_plan),
        waves_in_words=f"{counted(len(rows), 'app')} in {counted(len(waves), 'wave')}",
        begun=standing.created_at,
        made=material.now,
        made_by=material.typed.report,
        verdict=verdict(seen, material.stood, eager),
        figures=tuple(_figures(material, rows, eager, brokerless)),
        gaps=_gaps(rows),
        counts={state: counts[state] for state in _ORDER if counts[state]},
        period=_period(waves, seen.word),
        waves=waves,
        unfolded=_unfolded(waves),
        slowest=slowest(rows),
        trouble=tuple(sorted(to_look_at(rows), key=lambda row: _ORDER.index(row.state))),
        apps=rows,
    )


def _figures(material: FleetMaterial, rows: Sequence[AppRow], eager: Total, brokerless: Total) -> list[Figure]:
    moved = sum(row.state == AppState.DONE for row in rows)
    looked_at = len(to_look_at(rows))
    begun = any(row.began for row in rows)
    is_over = material.seen.word == Word.ENDED
    return [
        Figure("Moved", f"{moved} of {len(rows)}", "" if not looked_at else f"{looked_at} to look at"),
        Figure(
            "From the first beginning to the last end" if is_over else "So far",
            took(material.seen.seconds) if begun else "not begun",
            "",
        ),
        Figure("Eager, all apps together", in_words(eager), _note(eager, "tasks ran inside their callers")),
        Figure("Without a broker, all apps together", in_words(brokerless), _note(brokerless, "at most")),
    ]


def in_words(known: Total) -> str:
    """Return it for people: ``4 min``, ``none``, ``unknown``, and ``4 min + unknown`` where it is so of some apps."""
    if known.unknown:
        return f"{took(known.seconds)} + unknown" if known.seconds else "unknown"
    return took(known.seconds) if known.seconds else "none"


def _note(known: Total, otherwise: str) -> str:
    parts = [otherwise if known.seconds else ""]
    parts.append("" if known.is_over else "so far")
    parts.append(f"unknown of {counted(known.unknown, 'app')}" if known.unknown else "")
    return "; ".join(filter(None, parts))


def _gaps(rows: Sequence[AppRow]) -> tuple[str, ...]:
    reasons = Counter(
        f"{what} is unknown of {{apps}}: {stretch.why}."
        for row in rows
        for what, stretch in (
            ("How long it was eager", row.eager),
            ("How long it was without a broker", row.brokerless),
        )
        if stretch.seconds is None
    )
    return tuple(text.replace("{apps}", counted(number, "app")) for text, number in reasons.items())


def _period(waves: Sequence[Wave], word: str) -> Period | None:
    known = [period for wave in waves for period in (wave.period, wave.held) if period]
    if not known:
        return None
    began, ended = min(item.began for item in known), max(item.ended for item in known)
    return Period(began, ended, is_over=word == Word.ENDED)


def _unfolded(waves: Sequence[Wave]) -> frozenset[int]:
    left, found = _MOST_BARS, set()
    for wave in waves:
        if len(wave.begun) <= left:
            left -= len(wave.begun)
            found.add(wave.number)
    return frozenset(found)
