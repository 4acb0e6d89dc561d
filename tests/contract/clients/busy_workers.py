"""Real Celery workers under load, restarted as Heroku restarts a dyno, with a ledger of every task."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery import Celery
from fakes.heroku import FakeHeroku
from fakes.migrations import a_migration
from fakes.store import FakeStore
from polling import until

from migrate.clients.broker import Brokers
from migrate.clock import SystemClock
from migrate.run import Limits, Run
from migrate.store.journal import Journal
from migrate.waits import Patience, Waiter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loopback_rabbitmq import Instance, LoopbackRabbitMQ

    from migrate.waits import Waiting

HERE = Path(__file__).parent


@dataclass
class Ledger:
    """Which tasks have begun, and which are done, how often."""

    path: Path

    def began(self) -> Counter[str]:
        return self._count("began")

    def done(self) -> Counter[str]:
        return self._count("done")

    def _count(self, event: str) -> Counter[str]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return Counter(line.partition(" ")[2] for line in lines if line.startswith(f"{event} "))


@dataclass
class BusyWorker:
    """One worker dyno: a shell's child with all its processes in one group."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_until_ready(self) -> None:
        until(lambda: " ready." in self.log.read_text() or self.process.poll() is not None, seconds=60)
        assert self.process.poll() is None, self.log.read_text()

    def restart_away(self, grace: float) -> None:
        """SIGTERM to every process, SIGKILL to what is left after so many seconds."""
        self._send(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(grace)
        self._send(signal.SIGKILL)
        self.process.wait()

    def _send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


@dataclass
class Workplace:
    """One vhost, its ledger, and workers that come and go."""

    home: Path
    broker: LoopbackRabbitMQ
    instance: Instance
    told: list[Waiting] = field(default_factory=list)
    started: int = 0

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.home / "ledger")

    def start(self, *options: str, settings: Mapping[str, Any] | None = None) -> BusyWorker:
        """Start a worker; it may not be ready yet."""
        self.started += 1
        name = f"worker.{self.started}"
        log = self.home / f"{name}.log"
        command = [sys.executable, "-m", "celery", "-A", "busy_app", "worker", "-n", f"{name}@dyno", "-l", "INFO"]
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        environ = {
            **os.environ,
            "BROKER_URL": self.instance.url,
            "LEDGER": str(self.ledger.path),
            "SETTINGS": json.dumps(settings or {}),
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *quiet, *options],
                cwd=HERE,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return BusyWorker(process, log)

    @contextlib.contextmanager
    def worker(self, *options: str, settings: Mapping[str, Any] | None = None) -> Iterator[BusyWorker]:
        """Run a worker that is ready; its processes end with the block."""
        worker = self.start(*options, settings=settings)
        try:
            worker.wait_until_ready()
            yield worker
        finally:
            worker.restart_away(0)

    def send(self, seconds: Mapping[str, float], task: str = "busy.early") -> None:
        """Hand tasks over by their ids, each with how long it works; the broker has confirmed them on return."""
        with Celery(broker=self.instance.url) as app:
            app.conf.broker_transport_options = {"confirm_publish": True}
            for task_id, length in seconds.items():
                app.send_task(task, args=[task_id, length], task_id=task_id)

    @contextlib.contextmanager
    def run(self, *, workers: int = 1, deadline: float = 60, **decided: Any) -> Iterator[Run]:
        """One process's work on a migration that counted so many workers on this broker."""
        heroku: Any = FakeHeroku()
        heroku.patch_config_vars(heroku.name, {"CLOUDAMQP_URL": self.instance.url})
        store: Any = FakeStore(SystemClock())
        migration = a_migration(
            **{"attachments": ("CLOUDAMQP",), "consumed": ("celery",), "workers": workers, **decided}
        )
        store.create(migration)
        run = Run(
            migration=migration,
            heroku=heroku,
            brokers=Brokers(self.broker.api_url),
            journal=Journal(store, migration.id, SystemClock()),
            waiter=Waiter(SystemClock(), self.told.append),
            emit=lambda _event: None,
            who="us",
            limits=Limits(quiesce=Patience(deadline=deadline, interval=0.5)),
        )
        try:
            yield run
        finally:
            run.close()
