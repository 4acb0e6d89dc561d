from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from migrate.errors import AppHeld
from migrate.exits import Exit
from migrate.store.records import LEASE_SECONDS

if TYPE_CHECKING:
    from migrate.store.store import Store
    from store.shared_store import SharedStore


def test_an_app_that_nobody_holds_has_no_holder(store: Store) -> None:
    assert store.holder("shop") is None


def test_a_lease_is_seen_by_every_program(shared: SharedStore) -> None:
    shared.here.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    assert shared.there.holder("shop") == "ada@laptop"


def test_a_second_holder_is_refused_and_told_who_works_on_what_until_when(shared: SharedStore) -> None:
    shared.here.take_lease("shop", "mig-bbbbbb", "ada@laptop")

    with pytest.raises(AppHeld, match="mig-bbbbbb works on shop") as refusal:
        shared.there.take_lease("shop", "mig-cccccc", "bob@desk")

    assert re.search(r"ada@laptop holds the app until \d\d:\d\d:\d\d UTC", refusal.value.why)
    assert refusal.value.exit is Exit.HELD
    assert shared.here.holder("shop") == "ada@laptop"


def test_a_second_laptop_that_resumes_the_same_migration_is_refused_too(store: Store) -> None:
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    with pytest.raises(AppHeld):
        store.take_lease("shop", "mig-bbbbbb", "ada@desk")


def test_another_app_is_free(store: Store) -> None:
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    store.take_lease("billing", "mig-cccccc", "bob@desk")
    assert (store.holder("shop"), store.holder("billing")) == ("ada@laptop", "bob@desk")


def test_a_holder_renews_its_lease(shared: SharedStore) -> None:
    for _ in range(3):
        shared.here.take_lease("shop", "mig-bbbbbb", "ada@laptop")
        shared.pass_time(LEASE_SECONDS - 1)
    with pytest.raises(AppHeld):
        shared.here.take_lease("shop", "mig-cccccc", "bob@desk")


def test_an_expired_lease_holds_nobody_back(shared: SharedStore) -> None:
    shared.here.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    shared.pass_time(LEASE_SECONDS + 1)

    assert shared.here.holder("shop") is None
    shared.here.take_lease("shop", "mig-cccccc", "bob@desk")
    assert shared.here.holder("shop") == "bob@desk"


def test_whoever_lost_an_expired_lease_does_not_get_it_back_by_renewing(shared: SharedStore) -> None:
    shared.here.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    shared.pass_time(LEASE_SECONDS + 1)
    shared.here.take_lease("shop", "mig-cccccc", "bob@desk")

    with pytest.raises(AppHeld):
        shared.here.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    assert shared.here.holder("shop") == "bob@desk"


def test_a_lease_that_was_let_go_is_free_at_once(store: Store) -> None:
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    store.release_lease("shop", "ada@laptop")

    assert store.holder("shop") is None
    store.take_lease("shop", "mig-cccccc", "bob@desk")


def test_nobody_lets_go_of_somebody_elses_lease(store: Store) -> None:
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    store.release_lease("shop", "bob@desk")
    store.release_lease("billing", "ada@laptop")
    assert store.holder("shop") == "ada@laptop"


@pytest.mark.parametrize("expired", [False, True])
def test_of_many_that_reach_for_an_app_at_once_one_gets_it(shared: SharedStore, *, expired: bool) -> None:
    stores = [shared.here, shared.there, shared.open(), shared.open()]

    def reach(app: str, number: int, start: Barrier) -> bool:
        start.wait(30)
        try:
            stores[number].take_lease(app, f"mig-{number}", f"holder-{number}")
        except AppHeld:
            return False
        return True

    with ThreadPoolExecutor(len(stores)) as pool:
        for app in (f"app-{number}" for number in range(10)):
            if expired:
                shared.here.take_lease(app, "mig-old", "gone")
                shared.pass_time(LEASE_SECONDS + 1)
            start = Barrier(len(stores))
            reaching = [pool.submit(reach, app, number, start) for number in range(len(stores))]
            winners = [f"holder-{number}" for number, race in enumerate(reaching) if race.result()]

            assert winners == [shared.here.holder(app)]
