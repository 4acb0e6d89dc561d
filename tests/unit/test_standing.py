from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration

from migrate.commands import plain
from migrate.standing import standing
from migrate.store.journal import Journal
from migrate.store.records import State
from migrate.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeClock())


def test_standing_tells_phase_steps_and_the_next_command(store: Store) -> None:
    migration = a_migration()
    store.create(migration)
    journal = Journal(store, migration.id, FakeClock())
    journal.intend("eager-on", {"version": 1})
    journal.conclude("eager-on", {"version": 2})
    journal.step_done("eager-on")
    journal.stopped("NOT_DRAINED", {"what": "The old broker is not empty.", "why": "3 messages left."})
    store.set_state(migration.id, State.STOPPED)

    read, result = standing(store, store.record(migration.id), FakeClock(), plain)

    assert (read.phase, read.holder) == ("stopped", "")
    assert [name for name, done in read.steps.items() if done] == ["eager-on"]
    assert result.why == "The old broker is not empty. 3 messages left."
    assert "CELERY_ALWAYS_EAGER=True is set" in result.state
    assert result.next == (f"migrate-plan resume {migration.id}",)


def test_standing_of_one_that_somebody_works_on_offers_no_resume(store: Store) -> None:
    migration = a_migration()
    store.create(migration)
    store.take_lease(migration.app, migration.id, "eve@elsewhere pid 1")

    read, result = standing(store, store.record(migration.id), FakeClock(), plain)

    assert read.holder == "eve@elsewhere pid 1"
    assert result.next == ()
