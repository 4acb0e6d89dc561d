"""The databases: every test that asks for a store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.private_postgresql import Cluster, private_cluster

from store.shared_store import SharedStore, shared_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrate.store.store import Store


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "store" in item.path.parts and "contract" in item.path.parts:
            item.add_marker(pytest.mark.contract)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with private_cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'migrations.sqlite3'}"
    return str(request.getfixturevalue("cluster").new_schema())


@pytest.fixture
def shared(store_url: str) -> Iterator[SharedStore]:
    with shared_store(store_url) as shared:
        yield shared


@pytest.fixture
def store(shared: SharedStore) -> Store:
    return shared.here
