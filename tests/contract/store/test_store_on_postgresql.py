"""The checkpoints on a real PostgreSQL: migrations and their journals."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import sqlalchemy
from fakes.clock import FakeClock
from private_postgresql import Cluster, private_cluster
from shared_store import MIGRATION, SharedStore, named, shared_store

from migrate.errors import AppHeld, MigrationUnknown, StoreUnusable
from migrate.store.journal import Journal
from migrate.store.store import Entry, Record, State, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.contract

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with private_cluster() as cluster:
        yield cluster


@pytest.fixture
def shared(cluster: Cluster) -> Iterator[SharedStore]:
    with shared_store(cluster.new_database()) as shared:
        yield shared


def test_a_migration_is_read_as_it_was_written_by_any_machine(shared: SharedStore) -> None:
    shared.here.create(MIGRATION)

    assert shared.there.record(MIGRATION.id) == Record(MIGRATION, State.RUNNING, NOON)


def test_a_migration_that_was_never_written_is_unknown(shared: SharedStore) -> None:
    with pytest.raises(MigrationUnknown, match="mig-nobody"):
        shared.here.record("mig-nobody")


def test_the_same_id_is_not_written_twice(shared: SharedStore) -> None:
    shared.here.create(MIGRATION)

    with pytest.raises(StoreUnusable, match="cannot be used"):
        shared.here.create(named(MIGRATION.id, "another-app"))

    assert shared.here.record(MIGRATION.id).migration.app == MIGRATION.app


@pytest.mark.parametrize("state", State)
def test_a_state_is_kept(shared: SharedStore, state: State) -> None:
    shared.here.create(MIGRATION)
    shared.here.create(named("mig-other"))

    shared.here.set_state(MIGRATION.id, state)

    assert shared.there.record(MIGRATION.id).state is state
    assert shared.there.record("mig-other").state is State.RUNNING


def test_the_newest_migration_is_found_by_app_and_over_all(shared: SharedStore) -> None:
    assert shared.here.newest() is None
    for identity, app in (("mig-1", "one"), ("mig-3", "two"), ("mig-2", "one")):
        shared.here.create(named(identity, app))
        shared.clock.sleep(1)

    found = {app: record.migration.id for app in ("one", "two", None) if (record := shared.here.newest(app))}

    assert found == {"one": "mig-2", "two": "mig-3", None: "mig-2"}
    assert shared.here.newest("three") is None


def test_only_a_running_or_stopped_migration_is_unfinished(shared: SharedStore) -> None:
    for state in (State.RUNNING, State.STOPPED, State.DONE, State.ENDED):
        shared.here.create(named(f"mig-{state}"))
        shared.here.set_state(f"mig-{state}", state)
        shared.clock.sleep(1)

    def unfinished() -> str | None:
        record = shared.here.unfinished(MIGRATION.app)
        return record.migration.id if record else None

    assert unfinished() == "mig-stopped"
    shared.here.set_state("mig-stopped", State.DONE)
    assert unfinished() == "mig-running"
    shared.here.set_state("mig-running", State.ENDED)
    assert unfinished() is None
    assert shared.here.unfinished("another-app") is None


def test_a_journal_is_read_in_the_order_in_which_it_was_written(shared: SharedStore) -> None:
    written = []
    for number, kind in enumerate(("intent", "outcome", "note")):
        written.append(
            Entry(shared.clock.now(), kind, f"entry-{number}", {"nested": {"list": [1, None, "é"]}, "on": True})
        )
        shared.here.append(MIGRATION.id, number, written[-1])
        shared.clock.sleep(0.25)
    shared.here.append("mig-other", 0, Entry(shared.clock.now(), "note", "foreign", {}))

    assert shared.there.entries(MIGRATION.id) == tuple(written)
    assert shared.there.entries("mig-nobody") == ()


def test_one_place_in_a_journal_is_written_once(shared: SharedStore) -> None:
    shared.here.append(MIGRATION.id, 0, Entry(shared.clock.now(), "note", "first", {}))

    with pytest.raises(StoreUnusable):
        shared.there.append(MIGRATION.id, 0, Entry(shared.clock.now(), "note", "second", {}))

    assert [entry.name for entry in shared.here.entries(MIGRATION.id)] == ["first"]


def test_another_process_takes_up_the_journal_where_it_was_left(shared: SharedStore) -> None:
    before = Journal(shared.here, MIGRATION.id, shared.clock)
    before.intend("eager-on", {"version": 7})
    before.step_done("quiesce")

    resumed = Journal(shared.there, MIGRATION.id, shared.clock)
    resumed.conclude("eager-on", {"version": 8})

    again = Journal(shared.here, MIGRATION.id, shared.clock)
    assert (again.intent("eager-on"), again.outcome("eager-on")) == ({"version": 7}, {"version": 8})
    assert again.is_done("quiesce")
    assert not again.is_done("drain")


def test_a_time_written_in_another_zone_is_the_same_moment(shared: SharedStore) -> None:
    class FarEast(FakeClock):
        def now(self) -> datetime:
            return super().now().astimezone(timezone(timedelta(hours=9)))

    shared.open(FarEast()).create(MIGRATION)

    assert shared.here.record(MIGRATION.id).created_at == NOON


def test_opening_again_keeps_what_is_there(shared: SharedStore) -> None:
    shared.here.create(MIGRATION)

    assert shared.open().record(MIGRATION.id).migration == MIGRATION


def test_many_programs_may_open_a_new_database_at_once(cluster: Cluster) -> None:
    url = cluster.new_database()

    def opened(_number: int) -> bool:
        store = Store(url, FakeClock())
        store.engine.dispose()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(opened, range(6)))


def test_times_are_utc_whatever_zone_the_database_prefers(cluster: Cluster) -> None:
    url = cluster.new_database()
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.begin() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar()
        connection.exec_driver_sql(f"ALTER DATABASE \"{name}\" SET timezone TO 'Asia/Tokyo'")
    engine.dispose()

    with shared_store(url) as shared:
        shared.here.take_lease("demo-app", "mig-1", "ann@laptop")
        with pytest.raises(AppHeld) as caught:
            shared.there.take_lease("demo-app", "mig-2", "bob@desk")

    assert "until 12:02:00 UTC" in caught.value.why
