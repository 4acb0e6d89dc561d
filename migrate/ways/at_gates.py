"""What an operator says to a migration that is held at a gate, and what that means for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.errors import GateUnreached
from migrate.events import Result
from migrate.exits import Exit
from migrate.holder import living
from migrate.state import app_state, can_go_back
from migrate.store.journal import Journal
from migrate.store.records import OPEN
from migrate.ways.gates import CANCEL, CONTINUE, gate, journal_of, say
from migrate.wording import moment

if TYPE_CHECKING:
    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.migration import Migration
    from migrate.store.records import Record
    from migrate.store.store import Store
    from migrate.ways.gates import Gate


def opened(store: Store, record: Record, clock: Clock, command: Command) -> Result:
    """Open the gate at which a migration stands; raises GateUnreached where it stands at none."""
    migration, journal, found = _standing(store, record, clock)
    if found is None:
        raise _unreached(record, command)
    say(store, migration, CONTINUE, found.step, clock)
    holder = living(store.holder(migration.app))
    return Result(
        exit=Exit.DONE,
        code="GATE_OPENED",
        what=f"The gate before {found.step} of {migration.id} is open.",
        why=f"{holder} waits there and goes on within seconds." if holder else "No process works on it now.",
        state="" if holder else app_state(migration, journal),
        next=() if holder else (command("resume", migration),),
    )


def cancelled(store: Store, record: Record, clock: Clock, command: Command) -> Result:
    """End the wait at a gate, or close one again that nobody has passed yet; raises GateUnreached at none."""
    migration, journal, found = _standing(store, record, clock)
    if found is None:
        raise _unreached(record, command)
    say(store, migration, CANCEL, found.step, clock)
    holder = living(store.holder(migration.app))
    return Result(
        exit=Exit.DONE,
        code="GATE_KEPT_CLOSED",
        what=f"The gate before {found.step} of {migration.id} stays closed.",
        why=f"{holder} stops there within seconds." if holder else "No process works on it now.",
        state=app_state(migration, journal),
        next=(command("resume", migration),),
        back=command("rollback", migration) if can_go_back(journal) else "",
    )


def in_words(found: Gate, clock: Clock) -> str:
    """Given the gate at which a migration stands, return a sentence about it."""
    if found.open:
        return f"The gate before {found.step} was opened by {found.who}."
    return f"It is held before {found.step} since {moment(found.since, clock.now())}."


def _standing(store: Store, record: Record, clock: Clock) -> tuple[Migration, Journal, Gate | None]:
    journal = Journal(store, record.migration.id, clock)
    words = store.entries(journal_of(record.migration.id))
    found = gate(journal, words) if record.state in OPEN else None
    return record.migration, journal, found


def _unreached(record: Record, command: Command) -> GateUnreached:
    migration = record.migration
    ahead = ", ".join(migration.held_before)
    return GateUnreached(
        f"Migration {migration.id} stands at no gate.",
        why=f"It is {record.state}; it is to be held before {ahead}, and a gate is opened when it is there."
        if ahead
        else f"It is {record.state}, and was not to be held anywhere.",
        next=command("status", migration),
    )
