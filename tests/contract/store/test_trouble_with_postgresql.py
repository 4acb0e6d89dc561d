"""What the store says when PostgreSQL is not there, not ours, or gone; never with the password."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from fakes.clock import FakeClock
from private_postgresql import PASSWORD, Cluster, private_cluster
from shared_store import MIGRATION, SharedStore, shared_store

from migrate.errors import StoreUnusable
from migrate.sandbox.ports import free_port
from migrate.store import store as module
from migrate.store.engine import open_engine
from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with private_cluster() as cluster:
        yield cluster


@pytest.fixture
def shared(cluster: Cluster) -> Iterator[SharedStore]:
    with shared_store(cluster.new_database()) as shared:
        yield shared


def check_silent(error: StoreUnusable, password: str) -> None:
    """Check that no text of an error has the password, plain or encoded."""
    texts = [*traceback.format_exception(error), repr(error), error.what, error.why, error.next]
    for secret in (password, quote(password, safe=""), quote(password)):
        assert not [text for text in texts if secret in text]


def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    url = Cluster(free_port()).url("store")
    assert quote(PASSWORD, safe="") in url

    with pytest.raises(StoreUnusable) as caught:
        Store(url, FakeClock())

    assert "refused" in caught.value.why
    check_silent(caught.value, PASSWORD)


def test_a_password_in_the_query_is_not_shown_either() -> None:
    canary = "canary-in-the-query"
    with pytest.raises(StoreUnusable) as caught:
        Store(f"postgresql://127.0.0.1:{free_port()}/store?user=ann&password={canary}", FakeClock())

    check_silent(caught.value, canary)


def test_a_password_that_is_refused_is_not_repeated(cluster: Cluster) -> None:
    wrong = "wrong canary/of:the@store"
    with pytest.raises(StoreUnusable) as caught:
        Store(cluster.url("postgres", wrong), FakeClock())

    assert "password authentication failed" in caught.value.why
    check_silent(caught.value, wrong)


def test_a_database_that_does_not_exist_is_named(cluster: Cluster) -> None:
    with pytest.raises(StoreUnusable) as caught:
        Store(cluster.url("nowhere"), FakeClock())

    assert 'database "nowhere" does not exist' in caught.value.why
    check_silent(caught.value, PASSWORD)


def test_a_connection_that_the_server_has_cut_is_made_again(cluster: Cluster, shared: SharedStore) -> None:
    shared.here.create(MIGRATION)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'store_%'"
    cluster.execute(cut)

    assert shared.here.record(MIGRATION.id).migration == MIGRATION


def test_a_server_that_goes_away_makes_the_open_store_unusable() -> None:
    with private_cluster() as brief:
        store = Store(brief.new_database(), FakeClock())
        store.create(MIGRATION)
    try:
        for use in (store.newest, lambda: store.take_lease("demo-app", "mig-1", "ann"), lambda: store.entries("mig")):
            with pytest.raises(StoreUnusable) as caught:
                use()
            check_silent(caught.value, PASSWORD)
    finally:
        store.engine.dispose()


def test_a_store_that_a_newer_program_wrote_is_refused(
    cluster: Cluster, shared: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: list[Engine] = []

    def remembered(url: str) -> Engine:
        engines.append(open_engine(url))
        return engines[-1]

    monkeypatch.setattr(module, "open_engine", remembered)
    cluster.execute("INSERT INTO migrate_plan_schema VALUES (99)", database=shared.url.rpartition("/")[2])

    with pytest.raises(StoreUnusable, match="newer migrate-plan"):
        Store(shared.url, shared.clock)

    engines[0].dispose()  # the store that was refused has left its connection open
