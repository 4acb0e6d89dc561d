"""Every migration that the store knows, each in a row: newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migrate.events import HistoryRead
from migrate.runner import eager_seconds
from migrate.store.journal import Journal
from migrate.store.records import OPEN
from migrate.ways.gates import eager_since

if TYPE_CHECKING:
    from migrate.clock import Clock
    from migrate.store.records import Reading, Record


class Past(Struct, frozen=True):
    """One migration, over or not."""

    migration: str
    app: str
    from_plan: str
    to_plan: str
    strategy: str
    begun: str
    """ISO 8601, UTC."""
    ended: str
    """Likewise; empty where it can still go on."""
    outcome: str
    """Its phase, as ``status`` has it."""
    code: str
    """Why the last process stopped; empty where it said nothing, or all went well."""
    eager_seconds: float | None
    """None where it was never eager, or still is."""
    eager: bool
    """Whether it still is, as far as the store knows."""


def history(store: Reading, clock: Clock, app: str | None = None) -> HistoryRead:
    """Return the migrations of an app, or of all."""
    return HistoryRead(tuple(past_of(store, record, clock) for record in store.all(app)))


def past_of(store: Reading, record: Record, clock: Clock) -> Past:
    """Given a migration in the store, return its row."""
    migration, journal = record.migration, Journal(store, record.migration.id, clock)
    is_open, last = record.state in OPEN, journal.last_line_at()
    stopped = journal.last_stop_code() or ""
    seconds = eager_seconds(journal)
    return Past(
        migration=migration.id,
        app=migration.app,
        from_plan=migration.from_plan,
        to_plan=migration.to_plan,
        strategy=migration.strategy,
        begun=record.created_at.isoformat(timespec="seconds"),
        ended=last.isoformat(timespec="seconds") if last and not is_open else "",
        outcome=record.state,
        code=stopped if is_open or record.state == "ended" else "",
        eager_seconds=None if seconds is None else round(seconds, 1),
        eager=is_open and eager_since(journal) is not None,
    )
