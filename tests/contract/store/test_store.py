from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration
from msgspec.structs import replace
from sqlalchemy import event

from migrate.errors import AppHeld, MigrationUnknown, StoreUnusable
from migrate.secrets import Secret
from migrate.store.records import Entry, Record, State
from migrate.store.store import Store

if TYPE_CHECKING:
    from store.shared_store import SharedStore

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CANARY = "canary p@ss/w0rd"


def entry(name: str, at: datetime = NOON) -> Entry:
    return Entry(at, "note", name, {"number": 1, "none": None, "nested": {"list": [1, "é"]}, "on": True})


def create(store: Store, *ids: str, app: str = "shop") -> None:
    """Create migrations a second apart."""
    for item in ids:
        store.create(a_migration(id=item, app=app))
        store.clock.sleep(1)


def test_a_new_migration_is_running_and_any_process_reads_it_as_it_was_written(shared: SharedStore) -> None:
    shared.here.create(a_migration())

    assert shared.there.record("mig-7f3k2q") == Record(a_migration(), State.RUNNING, NOON)


def test_opening_again_keeps_what_is_there(shared: SharedStore) -> None:
    shared.here.create(a_migration())

    assert shared.open().record("mig-7f3k2q").migration == a_migration()


def test_many_programs_may_open_a_new_store_at_once(store_url: str) -> None:
    def opened(_number: int) -> bool:
        Store(store_url, FakeClock()).engine.dispose()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(opened, range(6)))


def test_a_time_written_in_another_zone_is_the_same_moment(shared: SharedStore) -> None:
    class FarEast(FakeClock):
        def now(self) -> datetime:
            return super().now().astimezone(timezone(timedelta(hours=9)))

    shared.open(FarEast()).create(a_migration())

    assert shared.here.record("mig-7f3k2q").created_at == NOON


def test_an_unknown_migration_is_an_error_that_names_it(store: Store) -> None:
    with pytest.raises(MigrationUnknown, match="mig-zzzzzz"):
        store.record("mig-zzzzzz")


def test_the_same_id_is_not_written_twice(store: Store) -> None:
    store.create(a_migration())
    with pytest.raises(StoreUnusable):
        store.create(a_migration(app="billing"))
    assert store.record("mig-7f3k2q").migration.app == "shop"


@pytest.mark.parametrize("state", State)
def test_a_state_is_kept_and_belongs_to_one_migration(shared: SharedStore, state: State) -> None:
    create(shared.here, "mig-bbbbbb", "mig-cccccc")

    shared.here.set_state("mig-bbbbbb", state)

    assert shared.there.record("mig-bbbbbb").state is state
    assert shared.there.record("mig-cccccc").state is State.RUNNING


@pytest.mark.parametrize("state", [State.RUNNING, State.STOPPED])
def test_a_migration_that_is_neither_done_nor_ended_is_unfinished(store: Store, state: State) -> None:
    create(store, "mig-bbbbbb")
    store.set_state("mig-bbbbbb", state)

    found = store.unfinished("shop")

    assert found is not None
    assert (found.migration.id, found.state) == ("mig-bbbbbb", state)


@pytest.mark.parametrize("state", [State.DONE, State.ENDED])
def test_a_migration_that_is_over_is_not_unfinished(store: Store, state: State) -> None:
    create(store, "mig-bbbbbb")
    store.set_state("mig-bbbbbb", state)
    assert store.unfinished("shop") is None


def test_an_unfinished_migration_is_found_behind_a_newer_one_that_is_done(store: Store) -> None:
    create(store, "mig-bbbbbb", "mig-cccccc")
    store.set_state("mig-cccccc", State.DONE)

    found = store.unfinished("shop")

    assert found is not None
    assert found.migration.id == "mig-bbbbbb"


def test_findings_that_are_accepted_later_are_added_once_each_and_stay(store: Store) -> None:
    create(store, "mig-bbbbbb", "mig-cccccc")
    migration = store.record("mig-bbbbbb").migration

    accepting = store.accept(migration, ("WORKERS_SILENT", "PREBOOT", "WORKERS_SILENT"))

    assert accepting == replace(migration, accepted=("PREBOOT", "WORKERS_SILENT"))
    assert store.record("mig-bbbbbb").migration == accepting
    assert store.record("mig-cccccc").migration.accepted == ("PREBOOT",)


def test_apps_do_not_see_each_others_migrations(store: Store) -> None:
    create(store, "mig-bbbbbb")
    assert store.unfinished("billing") is None
    assert store.newest("billing") is None


def test_the_newest_migration_is_of_one_app_or_of_all(store: Store) -> None:
    create(store, "mig-zzzzzz", "mig-bbbbbb")
    create(store, "mig-cccccc", app="billing")

    newest, newest_of_shop = store.newest(), store.newest("shop")

    assert newest is not None
    assert newest_of_shop is not None
    assert (newest.migration.id, newest_of_shop.migration.id) == ("mig-cccccc", "mig-bbbbbb")


def test_an_empty_store_has_no_newest_migration_and_no_entries(store: Store) -> None:
    assert store.newest() is None
    assert store.entries("mig-7f3k2q") == ()


def test_entries_come_back_in_the_order_of_their_sequence(store: Store) -> None:
    if store.engine.dialect.name == "sqlite":
        # It may give rows in any order where none is asked for; with this it does.
        event.listen(store.engine, "connect", lambda raw, _record: raw.execute("PRAGMA reverse_unordered_selects=ON"))
    for sequence in (2, 0, 10, 1):
        store.append("mig-bbbbbb", sequence, entry(f"number {sequence}"))
    store.append("mig-cccccc", 0, entry("of another"))

    names = [item.name for item in store.entries("mig-bbbbbb")]

    assert names == ["number 0", "number 1", "number 2", "number 10"]


def test_an_entry_comes_back_as_it_was_with_its_time_zone(store: Store) -> None:
    written = entry("x", NOON + timedelta(microseconds=123456))
    store.append("mig-bbbbbb", 0, written)
    assert store.entries("mig-bbbbbb") == (written,)


def test_two_programs_cannot_write_the_same_line_of_a_journal(shared: SharedStore) -> None:
    shared.here.append("mig-bbbbbb", 0, entry("first"))
    with pytest.raises(AppHeld, match="mig-bbbbbb"):
        shared.there.append("mig-bbbbbb", 0, entry("second"))
    assert [item.name for item in shared.here.entries("mig-bbbbbb")] == ["first"]


def test_a_secret_is_never_written_down_and_never_told(store: Store) -> None:
    with pytest.raises(StoreUnusable) as refusal:
        store.append("mig-bbbbbb", 0, Entry(NOON, "note", "x", {"url": Secret(CANARY)}))

    assert CANARY not in str(refusal.value) + refusal.value.why + refusal.value.next
    assert store.entries("mig-bbbbbb") == ()
