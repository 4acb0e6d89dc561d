"""Ending a migration otherwise than by its steps: giving it up, or taking its lock from a process that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.errors import AppHeld, RollbackImpossible, UsageError
from migrate.events import Result
from migrate.exits import Exit
from migrate.holder import living, on_this_machine
from migrate.results import nothing_to_do
from migrate.state import app_state, turned_round
from migrate.store.journal import Journal
from migrate.store.records import OPEN, State
from migrate.ways.by_hand import by_hand

if TYPE_CHECKING:
    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.migration import Migration
    from migrate.store.records import Record
    from migrate.store.store import Store


def nothing_to_undo(record: Record) -> Result | None:
    """Given a migration, return why there is nothing to undo, or None; raises RollbackImpossible when it is done."""
    migration = record.migration
    if record.state is State.DONE:
        raise RollbackImpossible(
            f"Migration {migration.id} of {migration.app} is done; its old add-on is gone.",
            why="The way back is another migration, to a new add-on on the old plan.",
            next=f"migrate-plan --to {migration.from_plan.partition(':')[2]} --app {migration.app}",
        )
    if record.state in OPEN:
        return None
    return nothing_to_do(f"Migration {migration.id} of {migration.app} is {record.state}: nothing to undo.")


def refuse_unkept(migration: Migration, journal: Journal, command: Command) -> None:
    """Raise UsageError unless the migration is done but for the old add-on, which it was to keep."""
    if not migration.keep_old:
        what, why = "keeps no old add-on", "--keep-old was not given."
    elif turned_round(journal):
        what, why = "is on its way back", "It was rolled back before it was finished."
    elif not journal.is_done("verify"):
        what, why = "is not that far yet", "The workers were not seen on the new broker."
    else:
        return
    raise UsageError(f"Migration {migration.id} {what}.", why=why, next=command("resume", migration))


def abandon(store: Store, record: Record, clock: Clock) -> Result:
    """Give a migration up without a call to anybody; the result says how the app is, and what to do by hand."""
    migration, journal = record.migration, Journal(store, record.migration.id, clock)
    if record.state not in OPEN:
        return nothing_to_do(f"Migration {migration.id} of {migration.app} is {record.state} already.")
    if holder := living(store.holder(migration.app)):
        raise AppHeld(
            f"A process works on {migration.id} right now.",
            why=f"It is {holder}.",
            next=f"end it with Ctrl-C there, or: migrate-plan unlock {migration.id}",
        )
    store.set_state(migration.id, State.ABANDONED)
    return Result(
        exit=Exit.DONE,
        code="ABANDONED",
        what=f"Migration {migration.id} of {migration.app} to {migration.to_plan} is given up.",
        why="Nothing was sent to Heroku or to a worker: the app stays as it is.",
        state=app_state(migration, journal),
        next=by_hand(migration, journal),
    )


def unlock(store: Store, record: Record, command: Command) -> Result:
    """Take a migration's lock from whoever holds it; raises AppHeld while that is a process of this machine."""
    migration = record.migration
    holder = store.holder(migration.app)
    if holder is None:
        return nothing_to_do(f"Nobody holds {migration.app}.")
    if on_this_machine(holder) and living(holder):
        process = holder.rpartition(" ")[2]
        raise AppHeld(
            f"{holder} is a process of this machine, and it runs.",
            why="Two processes that work on one app would undo each other's steps.",
            next=f"kill {process}    (it stops at a safe place; then: {command('resume', migration)})",
        )
    store.release_lease(migration.app, holder)
    return Result(
        exit=Exit.DONE,
        code="UNLOCKED",
        what=f"{migration.app} is no longer held by {holder}.",
        why="If that process still lives, it stops when it next writes to the store.",
        state="",
        next=(command("resume", migration),) if record.state in OPEN else (),
    )
