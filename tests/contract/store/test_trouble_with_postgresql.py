"""What the store says when PostgreSQL is not there, not ours, or gone; never with the password."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration
from fakes.private_postgresql import PASSWORD, Cluster, private_cluster

from migrate.errors import StoreUnusable
from migrate.sandbox.ports import free_port
from migrate.store.store import Store
from store.shared_store import SharedStore, shared_store

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    shared.here.create(a_migration())
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'store_%'"
    cluster.execute(cut)

    assert shared.here.record("mig-7f3k2q").migration == a_migration()


def test_a_server_that_goes_away_makes_the_open_store_unusable() -> None:
    with private_cluster() as brief:
        store = Store(brief.new_database(), FakeClock())
        store.create(a_migration())
    try:
        for use in (store.newest, lambda: store.take_lease("demo-app", "mig-1", "ann"), lambda: store.entries("mig")):
            with pytest.raises(StoreUnusable) as caught:
                use()
            check_silent(caught.value, PASSWORD)
    finally:
        store.engine.dispose()
