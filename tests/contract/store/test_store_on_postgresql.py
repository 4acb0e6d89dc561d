"""The store on a real PostgreSQL: what is written, who holds an app, and what happens without a server."""

from __future__ import annotations

import itertools
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from fakes.clock import FakeClock
from private_postgresql import PASSWORD, Cluster, private_cluster

from migrate.errors import AppHeld, MigrateError, MigrationUnknown, StoreUnusable
from migrate.migration import Migration
from migrate.sandbox.ports import free_port
from migrate.store.journal import Journal
from migrate.store.store import LEASE_SECONDS, Entry, Record, State, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migrate.clock import Clock

pytestmark = pytest.mark.contract

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MIGRATION = Migration(
    id="mig-7f3k2q",
    app="demo-app",
    add_on="cloudamqp-flat-1",
    add_on_id="0b5a",
    from_plan="cloudamqp:lemur",
    to_plan="cloudamqp:bunny",
    attachments=("CLOUDAMQP", "ALSO"),
    strategy="documented",
    eager_before=None,
    consumed=("celery",),
    workers=2,
    accepted=("HELD_TASKS",),
)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with private_cluster() as cluster:
        yield cluster


@pytest.fixture
def url(cluster: Cluster) -> str:
    """A database of its own."""
    name = f"store_{next(_numbers)}"
    cluster.execute(f"CREATE DATABASE {name}")
    return cluster.url(name)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def opened(url: str) -> Iterator[Callable[[Clock], Store]]:
    """Open the database as one more process would."""
    stores: list[Store] = []

    def open_store(clock: Clock) -> Store:
        stores.append(Store(url, clock))
        return stores[-1]

    yield open_store
    for store in stores:
        store.engine.dispose()


@pytest.fixture
def store(opened: Callable[[Clock], Store], clock: FakeClock) -> Store:
    return opened(clock)


@pytest.fixture
def other(opened: Callable[[Clock], Store], store: Store, clock: FakeClock) -> Store:
    """The same database seen from another machine."""
    assert store.clock is clock
    return opened(clock)


def named(identity: str, app: str = MIGRATION.app) -> Migration:
    return replace(MIGRATION, id=identity, app=app)


def test_a_migration_is_read_as_it_was_written_by_any_machine(store: Store, other: Store) -> None:
    store.create(MIGRATION)

    assert other.record(MIGRATION.id) == Record(MIGRATION, State.RUNNING, NOON)


def test_a_migration_that_was_never_written_is_unknown(store: Store) -> None:
    with pytest.raises(MigrationUnknown, match="mig-nobody"):
        store.record("mig-nobody")


def test_the_same_id_is_not_written_twice(store: Store) -> None:
    store.create(MIGRATION)

    with pytest.raises(StoreUnusable, match="cannot be used"):
        store.create(named(MIGRATION.id, "another-app"))

    assert store.record(MIGRATION.id).migration.app == MIGRATION.app


@pytest.mark.parametrize("state", State)
def test_a_state_is_kept(store: Store, other: Store, state: State) -> None:
    store.create(MIGRATION)
    store.create(named("mig-other"))

    store.set_state(MIGRATION.id, state)

    assert other.record(MIGRATION.id).state is state
    assert other.record("mig-other").state is State.RUNNING


def test_the_newest_migration_is_found_by_app_and_over_all(store: Store, clock: FakeClock) -> None:
    assert store.newest() is None
    for identity, app in (("mig-1", "one"), ("mig-3", "two"), ("mig-2", "one")):
        store.create(named(identity, app))
        clock.sleep(1)

    found = {app: record.migration.id for app in ("one", "two", None) if (record := store.newest(app))}

    assert found == {"one": "mig-2", "two": "mig-3", None: "mig-2"}
    assert store.newest("three") is None


def test_only_a_running_or_stopped_migration_is_unfinished(store: Store, clock: FakeClock) -> None:
    for state in (State.RUNNING, State.STOPPED, State.DONE, State.ENDED):
        store.create(named(f"mig-{state}"))
        store.set_state(f"mig-{state}", state)
        clock.sleep(1)

    def unfinished() -> str | None:
        record = store.unfinished(MIGRATION.app)
        return record.migration.id if record else None

    assert unfinished() == "mig-stopped"
    store.set_state("mig-stopped", State.DONE)
    assert unfinished() == "mig-running"
    store.set_state("mig-running", State.ENDED)
    assert unfinished() is None
    assert store.unfinished("another-app") is None


def test_a_journal_is_read_in_the_order_in_which_it_was_written(store: Store, other: Store, clock: FakeClock) -> None:
    written = []
    for number, kind in enumerate(("intent", "outcome", "note")):
        written.append(Entry(clock.now(), kind, f"entry-{number}", {"nested": {"list": [1, None, "é"]}, "on": True}))
        store.append(MIGRATION.id, number, written[-1])
        clock.sleep(0.25)
    store.append("mig-other", 0, Entry(clock.now(), "note", "foreign", {}))

    assert other.entries(MIGRATION.id) == tuple(written)
    assert other.entries("mig-nobody") == ()


def test_one_place_in_a_journal_is_written_once(store: Store, other: Store, clock: FakeClock) -> None:
    store.append(MIGRATION.id, 0, Entry(clock.now(), "note", "first", {}))

    with pytest.raises(StoreUnusable):
        other.append(MIGRATION.id, 0, Entry(clock.now(), "note", "second", {}))

    assert [entry.name for entry in store.entries(MIGRATION.id)] == ["first"]


def test_another_process_takes_up_the_journal_where_it_was_left(store: Store, other: Store, clock: FakeClock) -> None:
    before = Journal(store, MIGRATION.id, clock)
    before.intend("eager-on", {"version": 7})
    before.step_done("quiesce")

    resumed = Journal(other, MIGRATION.id, clock)
    resumed.conclude("eager-on", {"version": 8})

    again = Journal(store, MIGRATION.id, clock)
    assert (again.intent("eager-on"), again.outcome("eager-on")) == ({"version": 7}, {"version": 8})
    assert again.is_done("quiesce")
    assert not again.is_done("drain")


def test_an_app_is_held_by_one_holder_until_that_one_lets_go(store: Store, other: Store) -> None:
    store.take_lease("demo-app", "mig-1", "ann@laptop")

    with pytest.raises(AppHeld, match="mig-1") as caught:
        other.take_lease("demo-app", "mig-2", "bob@desk")
    assert "ann@laptop holds the app until 12:02:00 UTC" in caught.value.why

    other.take_lease("another-app", "mig-2", "bob@desk")
    other.release_lease("demo-app", "bob@desk")
    assert (other.holder("demo-app"), other.holder("another-app")) == ("ann@laptop", "bob@desk")

    store.release_lease("demo-app", "ann@laptop")
    other.take_lease("demo-app", "mig-2", "bob@desk")
    assert store.holder("demo-app") == "bob@desk"


def test_a_lease_expires_without_a_sign_of_life_and_is_renewed_by_one(
    store: Store, other: Store, clock: FakeClock
) -> None:
    store.take_lease("demo-app", "mig-1", "ann@laptop")
    clock.sleep(LEASE_SECONDS - 1)
    store.take_lease("demo-app", "mig-1", "ann@laptop")
    clock.sleep(LEASE_SECONDS - 1)
    with pytest.raises(AppHeld):
        other.take_lease("demo-app", "mig-2", "bob@desk")

    clock.sleep(2)

    assert store.holder("demo-app") is None
    other.take_lease("demo-app", "mig-2", "bob@desk")
    with pytest.raises(AppHeld):
        store.take_lease("demo-app", "mig-1", "ann@laptop")


def test_of_two_that_race_for_an_expired_lease_exactly_one_gets_it(
    store: Store, other: Store, clock: FakeClock
) -> None:
    def reach_for(app: str, who: str, mine: Store, start: threading.Barrier) -> str | None:
        start.wait(timeout=10)
        try:
            mine.take_lease(app, f"mig-{who}", who)
        except AppHeld:
            return None
        return who

    with ThreadPoolExecutor(2) as pool:
        for app in (f"app-{number}" for number in range(25)):
            store.take_lease(app, "mig-old", "gone")
            clock.sleep(LEASE_SECONDS + 1)
            start = threading.Barrier(2)
            racing = [pool.submit(reach_for, app, who, mine, start) for who, mine in (("a", store), ("b", other))]
            winners = [who for race in racing if (who := race.result())]

            assert winners == [store.holder(app)]


def test_times_come_back_in_utc(store: Store, opened: Callable[[Clock], Store]) -> None:
    class Elsewhere(FakeClock):
        def now(self) -> datetime:
            return super().now().astimezone(tz=None) + timedelta(hours=1)

    opened(Elsewhere()).create(MIGRATION)

    assert store.record(MIGRATION.id).created_at == NOON + timedelta(hours=1)


def test_a_connection_that_the_server_has_cut_is_made_again(cluster: Cluster, store: Store) -> None:
    store.create(MIGRATION)
    name = store.engine.url.database
    cluster.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608

    assert store.record(MIGRATION.id).migration == MIGRATION


def test_opening_again_keeps_what_is_there(store: Store, opened: Callable[[Clock], Store], clock: FakeClock) -> None:
    store.create(MIGRATION)

    assert opened(clock).record(MIGRATION.id).migration == MIGRATION


def test_a_store_that_a_newer_program_wrote_is_refused(cluster: Cluster, url: str, clock: FakeClock) -> None:
    with pytest.raises(StoreUnusable, match="newer migrate-plan"):
        _open_newer(cluster, url, clock)


def _open_newer(cluster: Cluster, url: str, clock: FakeClock) -> None:
    Store(url, clock).engine.dispose()
    cluster.execute("INSERT INTO migrate_plan_schema VALUES (99)", database=url.rpartition("/")[2])
    Store(url, clock)


def check_silent(error: MigrateError, password: str) -> None:
    """Check that no text of an error has the password, plain or encoded."""
    texts = [*traceback.format_exception(error), repr(error), error.what, error.why, error.next]
    for secret in (password, quote(password, safe=""), quote(password)):
        assert not [text for text in texts if secret in text]


def test_a_server_that_is_not_there_is_said_without_the_password(clock: FakeClock) -> None:
    url = Cluster(free_port()).url("store")
    assert quote(PASSWORD, safe="") in url

    with pytest.raises(StoreUnusable) as caught:
        Store(url, clock)

    assert "refused" in caught.value.why
    check_silent(caught.value, PASSWORD)


def test_a_password_that_is_refused_is_not_repeated(cluster: Cluster, clock: FakeClock) -> None:
    wrong = "wrong canary/of:the@store"
    with pytest.raises(StoreUnusable) as caught:
        Store(cluster.url("postgres", wrong), clock)

    assert "password authentication failed" in caught.value.why
    check_silent(caught.value, wrong)


def test_a_server_that_goes_away_makes_the_open_store_unusable(clock: FakeClock) -> None:
    with private_cluster() as brief:
        store = Store(brief.url("postgres"), clock)
        store.create(MIGRATION)
    try:
        for use in (store.newest, lambda: store.take_lease("demo-app", "mig-1", "ann"), lambda: store.entries("mig")):
            with pytest.raises(StoreUnusable) as caught:
                use()
            check_silent(caught.value, PASSWORD)
    finally:
        store.engine.dispose()
