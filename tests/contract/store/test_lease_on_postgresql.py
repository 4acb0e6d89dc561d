"""Who works on which app, seen from two machines that share a PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from private_postgresql import Cluster, private_cluster
from shared_store import SharedStore, shared_store

from migrate.errors import AppHeld
from migrate.store.store import LEASE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.store.store import Store

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with private_cluster() as cluster:
        yield cluster


@pytest.fixture
def shared(cluster: Cluster) -> Iterator[SharedStore]:
    with shared_store(cluster.new_database()) as shared:
        yield shared


def test_an_app_is_held_by_one_holder_until_that_one_lets_go(shared: SharedStore) -> None:
    shared.here.take_lease("demo-app", "mig-1", "ann@laptop")

    with pytest.raises(AppHeld, match="mig-1") as caught:
        shared.there.take_lease("demo-app", "mig-2", "bob@desk")
    assert "ann@laptop holds the app until 12:02:00 UTC" in caught.value.why

    shared.there.take_lease("another-app", "mig-2", "bob@desk")
    shared.there.release_lease("demo-app", "bob@desk")
    assert (shared.there.holder("demo-app"), shared.there.holder("another-app")) == ("ann@laptop", "bob@desk")

    shared.here.release_lease("demo-app", "ann@laptop")
    shared.there.take_lease("demo-app", "mig-2", "bob@desk")
    assert shared.here.holder("demo-app") == "bob@desk"


def test_a_lease_expires_without_a_sign_of_life_and_is_renewed_by_one(shared: SharedStore) -> None:
    shared.here.take_lease("demo-app", "mig-1", "ann@laptop")
    shared.clock.sleep(LEASE_SECONDS - 1)
    shared.here.take_lease("demo-app", "mig-1", "ann@laptop")
    shared.clock.sleep(LEASE_SECONDS - 1)
    with pytest.raises(AppHeld):
        shared.there.take_lease("demo-app", "mig-2", "bob@desk")

    shared.clock.sleep(2)

    assert shared.here.holder("demo-app") is None
    shared.there.take_lease("demo-app", "mig-2", "bob@desk")
    with pytest.raises(AppHeld):
        shared.here.take_lease("demo-app", "mig-1", "ann@laptop")


@pytest.mark.parametrize("expired", [False, True])
def test_of_two_that_race_for_a_lease_exactly_one_gets_it(shared: SharedStore, *, expired: bool) -> None:
    def reach_for(app: str, who: str, mine: Store, start: threading.Barrier) -> str | None:
        start.wait(timeout=10)
        try:
            mine.take_lease(app, f"mig-{who}", who)
        except AppHeld:
            return None
        return who

    with ThreadPoolExecutor(2) as pool:
        for app in (f"app-{number}" for number in range(60)):
            if expired:
                shared.here.take_lease(app, "mig-old", "gone")
                shared.clock.sleep(LEASE_SECONDS + 1)
            start = threading.Barrier(2)
            racing = [
                pool.submit(reach_for, app, who, mine, start)
                for who, mine in (("a", shared.here), ("b", shared.there))
            ]
            winners = [who for race in racing if (who := race.result())]

            assert winners == [shared.here.holder(app)]
