"""What a look at a store's file finds, beside what the store itself says of it; and that it changes nothing."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import timedelta
from io import UnsupportedOperation
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration

from migrate.errors import MigrationUnknown
from migrate.store import looking as module
from migrate.store import upgrades
from migrate.store.event_log import EventLog
from migrate.store.journal import Journal
from migrate.store.looking import Unseen, looking
from migrate.store.records import LEASE_SECONDS, Entry, Line, State
from migrate.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

FIRST, SECOND = a_migration(id="mig-aaaaaa", app="shop"), a_migration(id="mig-bbbbbb", app="other")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a store" / "50%?.sqlite3"


@pytest.fixture
def store(path: Path, clock: FakeClock) -> Store:
    path.parent.mkdir()
    plain = path.with_name("store.sqlite3")
    store = Store(f"sqlite:///{plain}", clock)
    for migration in (FIRST, SECOND):
        store.create(migration)
        clock.sleep(1.5)
    store.set_state(FIRST.id, State.STOPPED)
    store.take_lease("shop", FIRST.id, "eve@here pid 1")
    journal = Journal(store, FIRST.id, clock)
    journal.note("seen", {"names": ["ä", None], "count": 0})
    clock.sleep(0.000001)
    journal.step_done("preflight")
    log = EventLog(store)
    log.append(FIRST.id, [Line(clock.now(), "step.waiting", {"reason": text}) for text in ("42", "41")])
    shutil.copy2(plain, path)
    return store


def test_a_look_finds_what_the_store_says(store: Store, path: Path, clock: FakeClock) -> None:
    with looking(path, clock) as look:
        assert look.record(FIRST.id) == store.record(FIRST.id)
        assert look.all() == store.all()
        assert [look.newest(app) for app in (None, "shop", "nobody's")] == [
            store.newest(app) for app in (None, "shop", "nobody's")
        ]
        assert look.entries(FIRST.id) == store.entries(FIRST.id) != ()
        assert look.entries(SECOND.id) == store.entries(SECOND.id) == ()
        kinds = ("step.waiting", "step.started")
        assert [look.events.last(FIRST.id, kind) for kind in kinds] == [
            store.events.last(FIRST.id, kind) for kind in kinds
        ]
        with pytest.raises(MigrationUnknown, match="no migration mig-cccccc"):
            look.record("mig-cccccc")


@pytest.mark.parametrize("seconds", [0, LEASE_SECONDS - 2, LEASE_SECONDS, LEASE_SECONDS + 1])
def test_a_lease_is_held_for_as_long_as_the_store_says(
    store: Store, path: Path, clock: FakeClock, seconds: int
) -> None:
    clock.sleep(seconds)

    with looking(path, clock) as look:
        assert [look.holder(app) for app in ("shop", "other")] == [store.holder(app) for app in ("shop", "other")]


@pytest.mark.usefixtures("store")
def test_nothing_is_changed_not_even_by_who_tries(path: Path, clock: FakeClock) -> None:
    before = (path.read_bytes(), path.stat().st_mtime_ns, sorted(path.parent.iterdir()))
    path.chmod(0o444)

    with looking(path, clock) as look, pytest.raises(UnsupportedOperation):
        look.append(FIRST.id, 2, Entry(clock.now(), "note", "x", {}))

    assert (path.read_bytes(), path.stat().st_mtime_ns, sorted(path.parent.iterdir())) == before
    assert path.stat().st_mode & 0o777 == 0o444


def test_a_file_that_is_not_there_is_empty_and_not_made(path: Path, clock: FakeClock) -> None:
    with looking(path, clock) as look:
        assert (look.newest(), look.all(), look.holder("shop"), look.events.last("mig-x", "y")) == (
            None,
            (),
            None,
            None,
        )

    assert not path.exists()


def test_it_knows_the_tables_of_today() -> None:
    # Where this fails: see whether its queries still say what the store's say, then count on.
    assert module.SCHEMA_VERSION == upgrades.SCHEMA_VERSION


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO migrate_plan_schema VALUES (999)",
        "DELETE FROM migrate_plan_schema",
        "DROP TABLE migrate_plan_schema",
        "DROP TABLE migrations",
        "UPDATE migrations SET body = 'garbage'",
        "UPDATE migrations SET state = 'unheard-of'",
        "UPDATE migrations SET created_at = 'yesterday'",
    ],
)
def test_what_it_does_not_understand_is_left_to_the_store(path: Path, clock: FakeClock, change: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()

    with pytest.raises(Unseen), looking(path, clock) as look:
        look.newest()


def test_what_was_being_written_when_its_writer_was_killed_is_left_to_the_store(
    path: Path, clock: FakeClock, store: Store
) -> None:
    writer = sqlite3.connect(path.with_name("store.sqlite3"), isolation_level=None)
    writer.executescript("PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE migrations SET state = 'done';")
    writer.executemany("INSERT INTO journal VALUES ('x', ?, '', '', ?, '')", [(n, 3000 * "x") for n in range(99)])
    for name in ("", "-journal"):
        shutil.copy2(path.with_name(f"store.sqlite3{name}"), path.with_name(f"{path.name}{name}"))
    writer.close()

    with pytest.raises(Unseen), looking(path, clock) as look:
        look.newest()
    assert store.newest("shop") is not None


@pytest.mark.usefixtures("store")
def test_nobody_who_writes_meanwhile_is_in_the_way_or_half_seen(path: Path, clock: FakeClock) -> None:
    writer = sqlite3.connect(path, isolation_level=None)
    writer.executescript("BEGIN IMMEDIATE; UPDATE migrations SET state = 'done';")

    with looking(path, clock) as look:
        assert look.record(FIRST.id).state == State.STOPPED
    writer.execute("COMMIT")
    writer.close()
    with looking(path, clock) as look:
        assert look.record(FIRST.id).state == State.DONE


def test_times_are_in_utc_to_the_microsecond(store: Store, path: Path, clock: FakeClock) -> None:
    with looking(path, clock) as look:
        first, second = (entry.at for entry in look.entries(FIRST.id))

    assert first.utcoffset() == timedelta(0)
    assert second - first == timedelta(microseconds=1)
    assert store.entries(FIRST.id)[1].at == second
