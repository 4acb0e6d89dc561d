"""A store in memory: quick enough for thousands of migrations, and lost with its process."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.errors import AppHeld, MigrationUnknown
from migrate.migration import Migration
from migrate.store.records import LEASE_SECONDS, OPEN, Entry, Record, State

if TYPE_CHECKING:
    from datetime import datetime

    from migrate.clock import Clock


class FakeStore:
    """Stands for Store; what goes in comes out as after a way through JSON."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.records: dict[str, Record] = {}
        self.lines: dict[str, list[Entry]] = {}
        self.leases: dict[str, tuple[str, datetime]] = {}

    @property
    def events(self) -> FakeStore:
        """Nobody has recorded anything."""
        return self

    def last(self, _migration: str, _kind: str) -> None:
        return None

    def create(self, migration: Migration) -> None:
        assert migration.id not in self.records
        self.records[migration.id] = Record(_through_json(migration), State.RUNNING, self.clock.now())
        self.lines[migration.id] = []

    def set_state(self, migration: str, state: State) -> None:
        self.records[migration] = replace(self.records[migration], state=state)

    def accept(self, migration: Migration, codes: tuple[str, ...]) -> Migration:
        return self.amend(replace(migration, accepted=tuple(dict.fromkeys((*migration.accepted, *codes)))))

    def amend(self, migration: Migration) -> Migration:
        self.records[migration.id] = replace(self.records[migration.id], migration=_through_json(migration))
        return migration

    def find(self, migration: str) -> Record | None:
        return self.records.get(migration)

    def record(self, migration: str) -> Record:
        if migration not in self.records:
            raise MigrationUnknown(f"The store has no migration {migration}.")
        return self.records[migration]

    def unfinished(self, app: str) -> Record | None:
        found = [item for item in self.records.values() if item.migration.app == app and item.state in OPEN]
        return found[-1] if found else None

    def entries(self, migration: str) -> tuple[Entry, ...]:
        return tuple(self.lines.get(migration, ()))

    def append(self, migration: str, sequence: int, entry: Entry) -> None:
        lines = self.lines.setdefault(migration, [])
        assert sequence == len(lines), "two processes write one journal"
        lines.append(replace(entry, body=json.loads(json.dumps(dict(entry.body)))))

    def take_lease(self, app: str, migration: str, holder: str) -> None:
        held = self.holder(app)
        if held not in {None, holder}:
            raise AppHeld(f"Migration {migration} works on {app} right now.", why=f"{held} holds it.")
        self.leases[app] = (holder, self.clock.now() + timedelta(seconds=LEASE_SECONDS))

    def release_lease(self, app: str, holder: str) -> None:
        if self.leases.get(app, ("",))[0] == holder:
            del self.leases[app]

    def holder(self, app: str) -> str | None:
        holder, until = self.leases.get(app, (None, self.clock.now()))
        return holder if until >= self.clock.now() else None


def _through_json(migration: Migration) -> Migration:
    return Migration.from_json(json.loads(json.dumps(migration.to_json())))
