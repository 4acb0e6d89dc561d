"""What is PostgreSQL's own: what a database or a role may prefer must not change how the store behaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration

from migrate.errors import AppHeld
from migrate.store.records import LEASE_SECONDS
from store.shared_store import shared_store

if TYPE_CHECKING:
    from fakes.private_postgresql import Cluster


def prefer(cluster: Cluster, url: str, setting: str) -> None:
    """Make a setting the default of a database."""
    cluster.execute(f"ALTER DATABASE {url.rpartition('/')[2]} SET {setting}")


def test_times_are_utc_whatever_zone_the_database_prefers(cluster: Cluster) -> None:
    url = cluster.new_database()
    prefer(cluster, url, "timezone TO 'Asia/Tokyo'")

    with shared_store(url) as shared:
        shared.here.create(a_migration())

        assert str(shared.there.record("mig-7f3k2q").created_at) == "2026-11-24 12:00:00+00:00"


def test_a_commit_waits_for_the_disk_whatever_the_database_prefers(cluster: Cluster) -> None:
    url = cluster.new_database()
    prefer(cluster, url, "synchronous_commit TO off")

    with shared_store(url) as shared, shared.here.engine.begin() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


@pytest.mark.parametrize("skew", [-3600, 3600])
def test_a_machine_whose_clock_is_wrong_neither_takes_a_living_lease_nor_keeps_a_dead_one(
    cluster: Cluster, skew: float
) -> None:
    with shared_store(cluster.new_schema()) as shared:
        wrong = FakeClock()
        wrong.sleep(skew)
        there = shared.open(wrong)
        shared.here.take_lease("shop", "mig-1", "ann@laptop")

        assert there.holder("shop") == "ann@laptop"
        with pytest.raises(AppHeld):
            there.take_lease("shop", "mig-2", "bob@desk")

        shared.pass_time(LEASE_SECONDS + 1)
        there.take_lease("shop", "mig-2", "bob@desk")
        assert shared.here.holder("shop") == "bob@desk"
