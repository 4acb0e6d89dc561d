"""A fleet on a real PostgreSQL, carried by a real RabbitMQ to real Celery workers, which are killed."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from fakes.fleet_site import broker, site, terminate
from fakes.heroku_server import TOKEN, Account
from fakes.private_postgresql import PASSWORD, private_cluster

from migrate.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakes.private_postgresql import Cluster

pytestmark = pytest.mark.contract

APPS = tuple(f"app-{number}" for number in range(4))
ONCE = ["set eager", "remove", "add", "unset eager"]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with private_cluster() as cluster:
        yield cluster


def test_workers_and_database_connections_are_killed_and_every_app_is_moved_once(
    tmp_path: Path, cluster: Cluster
) -> None:
    account = Account.of(*APPS, seconds=0.001)
    with broker(tmp_path) as node, site(tmp_path, account, cluster, node) as here:
        (tmp_path / "fleet.toml").write_text(
            f'name = "brokers"\nto = "bunny"\ngate = "auto"\napps = {list(APPS)}\nwaves = [1, "rest"]\nparallel = 4\n'
        )
        processes = [here.start("worker", "--concurrency", "3") for _ in range(2)]
        try:
            run = here.start("run", "fleet.toml", "--confirm", "brokers")
            processes.append(run)
            here.await_(lambda: "remove" in account.apps["app-0"].writes)
            terminate(cluster)
            here.await_(lambda: sum("set eager" in heroku.writes for heroku in account.apps.values()) > 1)
            processes[0].kill()
            processes.append(here.start("worker", "--concurrency", "3"))
            here.await_(lambda: sum("remove" in heroku.writes for heroku in account.apps.values()) > 1)
            terminate(cluster)
            processes[1].send_signal(signal.SIGTERM)
            here.await_(lambda: run.poll() is not None and processes[1].poll() is not None)
            assert (run.returncode, processes[1].returncode) == (Exit.DONE, Exit.DONE), here.told()
        finally:
            for process in processes:
                process.kill()
                process.wait()
    assert {name: heroku.writes for name, heroku in account.apps.items()} == dict.fromkeys(APPS, ONCE), here.told()
    for secret in (node.password, PASSWORD, TOKEN, "canary-cloudamqp"):
        assert secret not in here.told()
