"""Where a migration stands, from the store alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.events import Result, StatusRead
from migrate.exits import Exit
from migrate.holder import living
from migrate.state import app_state, can_go_back
from migrate.store.journal import Journal
from migrate.store.records import OPEN
from migrate.ways.at_gates import in_words
from migrate.ways.gates import CONTINUE, eager_since, gate, journal_of
from migrate.ways.way_back import path

if TYPE_CHECKING:
    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.migration import Migration
    from migrate.store.records import Reading, Record


def standing(store: Reading, record: Record, clock: Clock, command: Command) -> tuple[StatusRead, Result]:
    """Given a migration in the store, return where it stands, and what to type next."""
    migration, journal = record.migration, Journal(store, record.migration.id, clock)
    open_ended = record.state in OPEN
    holder = living(store.holder(migration.app))
    read = StatusRead(
        app=migration.app,
        from_plan=migration.from_plan,
        to_plan=migration.to_plan,
        phase=record.state,
        holder=holder,
        since=f"{record.created_at:%Y-%m-%d %H:%M:%S} UTC",
        steps={step.name: journal.is_done(step.name) for step in path(migration, journal)},
        **(_at(store, migration, journal) if open_ended else {}),
    )
    last = journal.last_stop() or {}
    found = gate(journal, store.entries(journal_of(migration.id))) if open_ended else None
    closed = found is not None and not found.open
    why = (in_words(found, clock) if found else "", *(() if holder else (last.get("what", ""), last.get("why", ""))))
    result = Result(
        exit=Exit.DONE,
        code="STATUS",
        what=f"Migration {migration.id} is {record.state}.",
        why=" ".join(filter(None, why)) if open_ended else "",
        state=app_state(migration, journal),
        next=(
            *((command(CONTINUE, migration),) if closed else ()),
            *((command(_verb(migration, journal), migration),) if open_ended and not holder else ()),
        ),
        back=command("rollback", migration) if open_ended and not holder and can_go_back(journal) else "",
    )
    return read, result


def _at(store: Reading, migration: Migration, journal: Journal) -> dict[str, str]:
    """Return the step at hand and what it waits for, as the record has it, and since when the app is eager."""
    log, since = store.events, eager_since(journal)
    eager = since.isoformat(timespec="seconds") if since else ""
    step = next((step.name for step in path(migration, journal) if not step.is_behind(journal)), "")
    started, waiting = log.last(migration.id, "step.started"), log.last(migration.id, "step.waiting")
    if started is None or started.body["step"] != step:
        # Before that step, or in a migration that no program of today has recorded.
        return {"step": step, "eager_since": eager}
    at = {"step": step, "step_since": started.at.isoformat(timespec="seconds"), "eager_since": eager}
    if waiting is None or waiting.sequence < started.sequence:
        return at
    return {**at, "waiting": waiting.body["reason"], "waiting_seen": waiting.at.isoformat(timespec="seconds")}


def _verb(migration: Migration, journal: Journal) -> str:
    """Return how it goes on: what is held is not gone on with by resuming."""
    left = next((step for step in path(migration, journal) if not step.is_behind(journal)), None)
    return "finish" if left is not None and left.is_held(migration, journal) else "resume"
