"""The apps of a fleet, one a row: how each stands, from when to when it was worked on, and what that cost it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.fleet.members import AppState
from migrate.migration import Choices
from migrate.report.fleet.stretches import Stretch, brokerless, eager
from migrate.wording import short_plan

if TYPE_CHECKING:
    from datetime import datetime

    from migrate.fleet.members import Member
    from migrate.fleet.rows import FleetRow
    from migrate.migration import Migration
    from migrate.report.fleet.material import FleetMaterial

LEFT: Final = "left"
"""How an app is called whose process has died."""


class AppRow(Struct, frozen=True):
    """One app."""

    app: str
    wave: int
    state: str
    """As in ``migrate/fleet/members.py``, and ``left``."""
    plan: str
    """The one that it was on before; empty where that was not read, or is not known any more."""
    strategy: str
    migration: str
    """Its id; empty before it has begun."""
    step: str
    code: str
    what: str
    next: str
    """What to type about it."""
    status: str
    """What to type to see what is true of it; empty before it has begun."""
    began: datetime | None
    ended: datetime | None
    """Now for one that is not over; None before it has begun."""
    seconds: float | None
    eager: Stretch
    brokerless: Stretch


def app_rows(material: FleetMaterial) -> tuple[AppRow, ...]:
    """Given what is known of a fleet, return its apps in the order of the waves."""
    pairs = zip(material.standing.members, material.seen.apps, strict=True)
    return tuple(_row(material, member, seen) for member, seen in pairs)


def _row(material: FleetMaterial, member: Member, seen: FleetRow) -> AppRow:
    migration = material.migrations.get(member.migration)
    options = material.standing.fleet.options_of(member.app)
    was_eager, had_none = _stretches(material, member, migration)
    return AppRow(
        app=member.app,
        wave=member.wave,
        state=seen.state,
        plan=short_plan(migration.from_plan) if migration else "",
        strategy=migration.strategy if migration else str(options.get("strategy", Choices().strategy)),
        migration=seen.migration if migration else "",
        step=seen.step,
        code=member.code,
        what=member.what,
        next=_next(material, seen),
        status=material.typed.of_app("status", migration) if migration else "",
        began=member.began_at,
        # The clocks of two machines may differ.
        ended=max(member.began_at, member.ended_at or material.now) if member.began_at else None,
        seconds=None if seen.seconds is None else max(0.0, seen.seconds),
        eager=was_eager,
        brokerless=had_none,
    )


def _stretches(material: FleetMaterial, member: Member, migration: Migration | None) -> tuple[Stretch, Stretch]:
    if migration is None:
        # Only what has a migration in the store was ever changed.
        return Stretch(), Stretch()
    journal, releases = material.journals.get(migration.id, ()), material.releases.get(migration.id, ())
    now, state = material.now, member.state
    return (
        eager(journal, now, written=member.eager_seconds, state=state) if migration.is_eager else Stretch(),
        brokerless(journal, releases, migration.strategy, now, state=state),
    )


def _next(material: FleetMaterial, seen: FleetRow) -> str:
    if seen.state in {LEFT, AppState.STOPPED}:
        return seen.next or material.typed.go_on
    return seen.next or (material.typed.retry if seen.state in {AppState.FAILED, AppState.REFUSED} else "")
