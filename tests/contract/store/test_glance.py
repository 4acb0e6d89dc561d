"""A look at a store, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.migrations import a_migration

from migrate.store.glance import glance

if TYPE_CHECKING:
    from migrate.store.store import Store


def test_what_is_in_a_store_is_seen(store: Store, store_url: str) -> None:
    store.create(a_migration())

    assert glance(store_url) == (("mig-7f3k2q", "shop", "running"),)
