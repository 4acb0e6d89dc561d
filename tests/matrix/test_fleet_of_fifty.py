"""Fifty apps, four Celery workers, and every few seconds one of them or the database's connections are killed."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest
from fakes.fleet_site import broker, run_among_kills, site
from fakes.heroku_server import Account
from fakes.private_postgresql import private_cluster

if TYPE_CHECKING:
    from pathlib import Path

APPS = tuple(f"app-{number}" for number in range(50))
ONCE = ["set eager", "remove", "add", "unset eager"]


@pytest.mark.parametrize("seed", [1, 2])
def test_fifty_apps_are_moved_once_whatever_is_killed(tmp_path: Path, seed: int) -> None:
    chance, account = random.Random(seed), Account.of(*APPS, seconds=0.002)
    with private_cluster() as cluster, broker(tmp_path) as node, site(tmp_path, account, cluster, node) as here:
        (tmp_path / "fleet.toml").write_text(
            f'name = "brokers"\nto = "bunny"\ngate = "auto"\napps = {list(APPS)}\nparallel = 20\n'
        )
        began = time.monotonic()
        kills = run_among_kills(here, cluster, chance, pause=(3, 9), longest=1500)
    assert {name: heroku.writes for name, heroku in account.apps.items()} == dict.fromkeys(APPS, ONCE), here.told()
    assert kills > 3
    print(f"{kills} kills, {time.monotonic() - began:.0f} s, calls {dict(account.calls)}")  # noqa: T201 -- a figure
