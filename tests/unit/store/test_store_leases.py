from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock

from migrate.errors import AppHeld
from migrate.exits import Exit
from migrate.store.store import LEASE_SECONDS, Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def open_store(tmp_path: Path, clock: FakeClock) -> Callable[[], Store]:
    def open_() -> Store:
        return Store(f"sqlite:///{tmp_path / 'migrations.sqlite3'}", clock)

    return open_


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()


def test_an_app_that_nobody_holds_has_no_holder(store: Store) -> None:
    assert store.holder("shop") is None


def test_a_lease_is_seen_by_every_program(store: Store, open_store: Callable[[], Store]) -> None:
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    assert open_store().holder("shop") == "ada@laptop"


def test_a_second_holder_is_refused_and_told_who_works_on_what_until_when(
    store: Store, open_store: Callable[[], Store]
) -> None:
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")

    with pytest.raises(AppHeld, match="mig-bbbbbb works on shop") as refusal:
        open_store().take_lease("shop", "mig-cccccc", "bob@desk")

    assert "ada@laptop holds the app until 12:02:00 UTC" in refusal.value.why
    assert refusal.value.exit is Exit.HELD
    assert store.holder("shop") == "ada@laptop"


def test_a_second_laptop_that_resumes_the_same_migration_is_refused_too(store: Store) -> None:
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    with pytest.raises(AppHeld):
        store.take_lease("shop", "mig-bbbbbb", "ada@desk")


def test_another_app_is_free(store: Store) -> None:
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    store.take_lease("billing", "mig-cccccc", "bob@desk")
    assert (store.holder("shop"), store.holder("billing")) == ("ada@laptop", "bob@desk")


def test_a_holder_renews_its_lease(store: Store, clock: FakeClock) -> None:
    for _ in range(3):
        store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
        clock.sleep(LEASE_SECONDS - 1)
    with pytest.raises(AppHeld):
        store.take_lease("shop", "mig-cccccc", "bob@desk")


def test_an_expired_lease_holds_nobody_back(store: Store, clock: FakeClock) -> None:
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    clock.sleep(LEASE_SECONDS + 1)

    assert store.holder("shop") is None
    store.take_lease("shop", "mig-cccccc", "bob@desk")
    assert store.holder("shop") == "bob@desk"


def test_whoever_lost_an_expired_lease_does_not_get_it_back_by_renewing(store: Store, clock: FakeClock) -> None:
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    clock.sleep(LEASE_SECONDS + 1)
    store.take_lease("shop", "mig-cccccc", "bob@desk")

    with pytest.raises(AppHeld):
        store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    assert store.holder("shop") == "bob@desk"


def test_a_lease_holds_through_its_last_moment(store: Store, clock: FakeClock) -> None:
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    clock.sleep(LEASE_SECONDS)

    assert store.holder("shop") == "ada@laptop"
    with pytest.raises(AppHeld):
        store.take_lease("shop", "mig-cccccc", "bob@desk")


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


def test_of_many_that_reach_for_an_app_at_once_one_gets_it(open_store: Callable[[], Store]) -> None:
    stores = [open_store() for _ in range(6)]
    barrier = Barrier(len(stores))

    def reach(number: int) -> bool:
        barrier.wait(30)
        try:
            stores[number].take_lease("shop", f"mig-{number}", f"holder-{number}")
        except AppHeld:
            return False
        return True

    with ThreadPoolExecutor(len(stores)) as pool:
        winners = [number for number, won in enumerate(pool.map(reach, range(len(stores)))) if won]

    assert [f"holder-{number}" for number in winners] == [stores[0].holder("shop")]
