"""The waves of a fleet: when each was worked on, what held it before it began, and what it took."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from migrate.fleet.members import SETTLED, AppState
from migrate.report.fleet.stretches import Total, total
from migrate.report.story import Period

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from migrate.fleet.members import Standing
    from migrate.report.fleet.app_rows import AppRow


class Wave(Struct, frozen=True):
    """One wave."""

    number: int
    """From 1 on."""
    apps: tuple[AppRow, ...]
    counts: Mapping[str, int]
    gate: str
    """Whether it waits for a word, in words."""
    held: Period | None
    """From the end of the wave before to its own beginning, where it had a gate."""
    period: Period | None
    """From its first beginning to its last end; None before it has begun."""
    longest: float | None
    eager: Total
    brokerless: Total

    @property
    def begun(self) -> tuple[AppRow, ...]:
        """Return the apps that have begun, as they began."""
        return tuple(sorted((row for row in self.apps if row.began), key=_began))


def _began(row: AppRow) -> str:
    return row.began.isoformat() if row.began else ""


def waves_of(rows: Sequence[AppRow], standing: Standing, gate: int, now: datetime) -> tuple[Wave, ...]:
    """Given the apps, how their fleet stands and which wave waits for a word (0: none), return the waves."""
    made: list[Wave] = []
    for number in sorted({row.wave for row in rows}):
        apps = tuple(row for row in rows if row.wave == number)
        period = _period(apps)
        before = made[-1].period if made else None
        durations = [row.seconds for row in apps if row.seconds is not None]
        made.append(
            Wave(
                number=number,
                apps=apps,
                counts=Counter(row.state for row in apps),
                gate=_gate(number, standing, gate),
                held=None if standing.fleet.auto else _held(before, period, now if number == gate else None),
                period=period,
                longest=max(durations, default=None),
                eager=total(row.eager for row in apps),
                brokerless=total(row.brokerless for row in apps),
            )
        )
    return tuple(made)


def _period(apps: Sequence[AppRow]) -> Period | None:
    began = [row.began for row in apps if row.began]
    ended = [row.ended for row in apps if row.ended]
    is_over = all(row.state in {*SETTLED, AppState.STOPPED} for row in apps)
    return Period(min(began), max(ended), is_over=is_over) if began else None


def _gate(number: int, standing: Standing, gate: int) -> str:
    if number == 1:
        return "none"
    if standing.fleet.auto:
        return "none: begins after the one before"
    if number == gate:
        return "closed: waits for a word"
    return "opened" if number <= standing.opened else "closed"


def _held(before: Period | None, period: Period | None, now: datetime | None) -> Period | None:
    if before is None or not before.is_over:
        return None
    if period is not None:
        # One of the wave before that was tried again has ended later: the gate itself is not to be seen then.
        return Period(before.ended, period.began, is_over=True) if period.began > before.ended else None
    return Period(before.ended, now, is_over=False) if now and now > before.ended else None
