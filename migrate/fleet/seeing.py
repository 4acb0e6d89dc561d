"""How a fleet stands, from the store alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.events import FleetSeen
from migrate.fleet.members import AppState, Word
from migrate.fleet.rows import FleetRow
from migrate.fleet.verdicts import verdict
from migrate.fleet.work import over
from migrate.runner import eager_seconds
from migrate.store.journal import Journal
from migrate.store.records import OPEN

if TYPE_CHECKING:
    from datetime import datetime

    from migrate.clock import Clock
    from migrate.fleet.members import Member, Standing
    from migrate.store.store import Store


def seen(store: Store, standing: Standing, clock: Clock) -> FleetSeen:
    """Given how a fleet stands, return it with the step at which each app is."""
    now = clock.now()
    found = verdict(standing)
    began = [member.began_at for member in standing.members if member.began_at]
    at_work = standing.word != Word.ENDED and any(m.state == AppState.WORKING for m in standing.members)
    ended = [member.ended_at for member in standing.members if member.ended_at]
    end = now if at_work or not ended else max(ended)
    return FleetSeen(
        fleet=standing.fleet.id,
        name=standing.fleet.name,
        to_plan=standing.fleet.to_plan,
        word=standing.word,
        why=standing.why,
        waves=len(standing.fleet.waves),
        gate=found.gate if not found.starts else 0,
        counts=dict(Counter(str(member.state) for member in standing.members)),
        eager_seconds=round(sum(member.eager_seconds or 0.0 for member in standing.members), 1),
        seconds=round((end - min(began)).total_seconds(), 1) if began else 0.0,
        apps=tuple(_row(store, member, now) for member in standing.members),
    )


def _row(store: Store, member: Member, now: datetime) -> FleetRow:
    open_ended = member.state in {AppState.WORKING, AppState.STOPPED, AppState.FAILED}
    last = store.events.last(member.migration, "step.started") if open_ended else None
    end = member.ended_at or now
    return FleetRow(
        app=member.app,
        wave=member.wave,
        state="left" if member.lapsed else member.state,
        migration=member.migration if member.began_at else "",
        step=str(last.body["step"]) if last else "",
        code=member.code,
        what=member.what,
        next=member.next,
        eager_seconds=member.eager_seconds,
        seconds=round((end - member.began_at).total_seconds(), 1) if member.began_at else None,
        holder="" if member.lapsed else member.holder,
    )


def caught_up(store: Store, standing: Standing, clock: Clock) -> Standing:
    """Write down of apps that had failed or stopped, and that somebody has since brought to an end by hand."""
    ended = [found for member in standing.members if (found := _by_hand(store, member, clock)) is not None]
    if not ended:
        return standing
    store.fleets.amend(standing.fleet.id, ended)
    return store.fleets.standing(standing.fleet.id)


def _by_hand(store: Store, member: Member, clock: Clock) -> Member | None:
    if member.state not in {AppState.FAILED, AppState.STOPPED}:
        return None
    record = store.find(member.migration)
    if record is None or record.state in OPEN or str(record.state) not in {AppState.DONE, AppState.ROLLED_BACK}:
        return None
    result = over(record.migration, record.state)
    seconds = eager_seconds(Journal(store, member.migration, clock))
    return replace(
        member,
        state=AppState(str(record.state)),
        exit=int(result.exit),
        code=result.code,
        what=f"{result.what} Somebody has brought it there by hand.",
        next="",
        eager_seconds=seconds,
    )
