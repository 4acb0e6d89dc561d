"""Programs on one machine that share a PostgreSQL store, a RabbitMQ and a fake Heroku, and are killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from fakes.heroku_server import TOKEN, serving
from migrate.exits import Exit
from migrate.sandbox.partner.rabbitmq import Node

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fakes.heroku_server import Account
    from fakes.private_postgresql import Cluster

PATIENCE_SECONDS = 60.0
DATABASE_SHARE = 0.3
"""Of the blows that hit the database's connections; the others hit a worker."""


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[Node]:
    node = Node(folder / "rabbitmq", ("rabbitmq_management",), password="canary-of-the-carrier")
    with asyncio.Runner() as runner:
        runner.run(node.start())
        try:
            yield node
        finally:
            runner.run(node.kill())


class Site:
    """Programs that share a store, a broker and an account; ``module`` is the one that they run."""

    def __init__(self, folder: Path, environment: dict[str, str], module: str = "fakes.fast_program") -> None:
        self.folder, self.environment, self.module = folder, environment, module
        self.logs: list[Path] = []

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        self.logs.append(self.folder / f"log-{len(self.logs)}")
        with self.logs[-1].open("wb") as log:
            command = [sys.executable, "-m", self.module, "fleet", *words]
            return subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=log, stderr=log)

    def told(self) -> str:
        return "\n".join(f"{path.name}:\n{path.read_text()}" for path in self.logs)

    def await_(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not reached():
            assert time.monotonic() < deadline, self.told()
            time.sleep(0.05)


@contextlib.contextmanager
def site(tmp_path: Path, account: Account, cluster: Cluster, node: Node) -> Iterator[Site]:
    with serving(account) as url:
        settings = {"HEROKU_HOST": url, "HEROKU_API_KEY": TOKEN, "FAST": "40", "NO_COLOR": "1"}
        shared = {
            "MIGRATE_STORE": cluster.new_schema(),
            "MIGRATE_FLEET_BROKER": f"amqp://{node.admin}:{node.password}@127.0.0.1:{node.amqp_port}//",
            "CELERY_BROKER_URL": "amqp://nobody:nothing@127.0.0.1:1/elsewhere",
        }
        path = os.pathsep.join(filter(None, sys.path))
        yield Site(tmp_path, {**os.environ, **settings, **shared, "PYTHONPATH": path})


def run_among_kills(
    here: Site, cluster: Cluster, chance: random.Random, *, pause: tuple[float, float], longest: float
) -> int:
    """Run the fleet to its end by four workers, of which one, or the database's connections, die after each pause.

    Returns how many workers were killed.
    """
    workers = [here.start("worker", "--concurrency", "8") for _ in range(4)]
    run = here.start("run", "fleet.toml", "--confirm", "brokers")
    kills, began = 0, time.monotonic()
    try:
        while run.poll() is None:
            assert time.monotonic() - began < longest, here.told()
            time.sleep(chance.uniform(*pause))
            if chance.random() < DATABASE_SHARE:
                terminate(cluster)
                continue
            victim = chance.randrange(len(workers))
            workers[victim].kill()
            workers[victim].wait()
            workers[victim] = here.start("worker", "--concurrency", "8")
            kills += 1
        assert run.returncode == Exit.DONE, here.told()
    finally:
        for process in (*workers, run):
            process.kill()
            process.wait()
    return kills


def terminate(cluster: Cluster) -> None:
    """End every connection to the database, as a failover does."""
    cluster.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
