"""Real web processes and workers that all publish at once, and the connections that are open then."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from celery import Celery
from polling import until

from migrate.advice.connection_budget import Budget, budget
from migrate.advice.connection_usages import usages
from migrate.advice.process_commands import read_commands
from migrate.brokers.report import WorkerNode, WorkerReport
from migrate.clients.celery_control import CeleryControl
from migrate.platform import ProcessType
from migrate.sandbox.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loopback_rabbitmq import Instance, LoopbackRabbitMQ

HERE = Path(__file__).parent
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")
HOLD_SECONDS = 0.7


@dataclass(frozen=True)
class Combination:
    """An app: how many dynos of which kind, and how its processes are set."""

    pool_limit: int
    web_dynos: int = 0
    web_workers: int = 1
    web_threads: int = 1
    worker_dynos: int = 0
    concurrency: int = 1
    pool: str = "prefork"
    quiet: bool = True
    beat: int = 0
    flower: int = 0
    rpc: bool = False

    @property
    def formation(self) -> tuple[ProcessType, ...]:
        """The same in the words of a Procfile."""
        quiet = " ".join(QUIET) if self.quiet else ""
        web = f"gunicorn connecting_app:web -w {self.web_workers} --threads {self.web_threads}"
        worker = f"celery -A connecting_app worker -P {self.pool} -c {self.concurrency} {quiet}"
        return (
            ProcessType("web", self.web_dynos, web),
            ProcessType("worker", self.worker_dynos, worker),
            ProcessType("beat", self.beat, "celery -A connecting_app beat"),
            ProcessType("flower", self.flower, "celery -A connecting_app flower"),
        )

    @property
    def settings(self) -> Mapping[str, Any]:
        """What its workers answer."""
        return {"broker_pool_limit": self.pool_limit, **({"result_backend": "rpc://"} if self.rpc else {})}

    @property
    def budget(self) -> Budget:
        """What the program makes of it."""
        workers = WorkerReport((WorkerNode("worker.1@dyno", (), (), 0, (), 0, settings=self.settings),))
        return budget(usages(self.formation, read_commands(self.formation, {}), workers))


@dataclass
class RunningApp:
    """The processes of one combination on a vhost of their own."""

    home: Path
    broker: LoopbackRabbitMQ
    instance: Instance
    combination: Combination
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    """By dyno."""
    ports: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        """Start every dyno; they are ready on return."""
        for number in range(1, self.combination.worker_dynos + 1):
            self._start_worker(f"worker.{number}")
        for number in range(1, self.combination.web_dynos + 1):
            self._start_web(f"web.{number}")
        for number in range(1, self.combination.beat + 1):
            state = str(self.home / f"schedule.{number}")
            self._spawn(f"beat.{number}", *self._celery("beat", "-s", state))
        for number in range(1, self.combination.flower + 1):
            self._start_flower(f"flower.{number}")
        for dyno in self.processes:
            self._wait_until_ready(dyno)

    def publish_everywhere(self) -> None:
        """Have every process publish, from as many threads at once as it has."""
        with ThreadPoolExecutor() as pool:
            told = [pool.submit(self._publish_in_web, dyno) for dyno in self.ports if dyno.startswith("web")]
            told += [
                pool.submit(self._publish_in_worker, dyno) for dyno in self.processes if dyno.startswith("worker")
            ]
            told += [pool.submit(self._look_at, dyno) for dyno in self.ports if dyno.startswith("flower")]
        for each in told:
            each.result()

    def inspect(self) -> None:
        """Ask the workers once, as `celery inspect` does."""
        if self.combination.worker_dynos:
            with contextlib.closing(CeleryControl(self.instance.address)) as control:
                assert len(control.report().nodes) == self.combination.worker_dynos

    def open_connections(self) -> dict[str, int]:
        """Return how many connections each dyno has open, once the broker's list knows all that the processes have.

        It lists a new one up to 5 s late.
        """
        until(lambda: self._listed() == frozenset(self._owners()), seconds=30)
        owners, listed = self._owners(), self._listed()
        return {dyno: sum(owners[port] == dyno for port in listed) for dyno in self.processes}

    def processes_of(self, type_: str = "") -> int:
        """Return how many processes of a process type, or of all, have a connection to the broker now."""
        return len({end for end in self._ends().values() if end[0].startswith(type_)})

    def stop(self) -> None:
        """End every process of every dyno."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _celery(self, *words: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "celery", "-A", "connecting_app", *words)

    def _start_worker(self, dyno: str) -> None:
        chosen = self.combination
        options = ("-n", f"{dyno}@dyno", "-Q", dyno, "-P", chosen.pool, "-c", str(chosen.concurrency), "-l", "INFO")
        self._spawn(dyno, *self._celery("worker", *options, *(QUIET if chosen.quiet else ())))

    def _start_web(self, dyno: str) -> None:
        port, chosen = free_port(), self.combination
        options = ("-w", str(chosen.web_workers), "--threads", str(chosen.web_threads), "-b", f"127.0.0.1:{port}")
        self.ports[dyno] = port
        self._spawn(dyno, sys.executable, "-m", "gunicorn", "connecting_app:web", *options)

    def _start_flower(self, dyno: str) -> None:
        port = free_port()
        self.ports[dyno] = port
        self._spawn(dyno, *self._celery("flower", f"--port={port}", "--address=127.0.0.1"))

    def _spawn(self, dyno: str, *command: str) -> None:
        with (self.home / f"{dyno}.log").open("wb") as output:
            self.processes[dyno] = subprocess.Popen(
                command,
                cwd=HERE,
                env={
                    **os.environ,
                    # Where gunicorn puts its control socket.
                    "HOME": str(self.home),
                    "CLOUDAMQP_URL": self.instance.url,
                    "SETTINGS": json.dumps(self._settings()),
                    "FLOWER_UNAUTHENTICATED_API": "true",
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _settings(self) -> dict[str, Any]:
        every_second = {"every-second": {"task": "connecting.nothing", "schedule": 1, "options": {"queue": "sink"}}}
        return {
            **self.combination.settings,
            "broker_connection_retry_on_startup": True,
            "worker_prefetch_multiplier": 1,
            "task_ignore_result": not self.combination.rpc,
            "beat_schedule": every_second,
        }

    def _wait_until_ready(self, dyno: str) -> None:
        log, process = self.home / f"{dyno}.log", self.processes[dyno]
        word = {"worker": " ready.", "web": "Listening at", "beat": "beat", "flower": "Visit me"}[
            dyno.partition(".")[0]
        ]
        until(lambda: word in log.read_text() or process.poll() is not None, seconds=90)
        assert process.poll() is None, log.read_text()

    def _publish_in_worker(self, dyno: str) -> None:
        with Celery(broker=self.instance.url) as app, app.connection_for_write() as connection:
            for _ in range(self.combination.concurrency):
                app.send_task("connecting.publish", [HOLD_SECONDS], queue=dyno, connection=connection)
        path = self.home / f"{dyno}.log"
        until(lambda: path.read_text().count("succeeded in") >= self.combination.concurrency, seconds=60)

    def _publish_in_web(self, dyno: str) -> None:
        chosen, seen = self.combination, dict[str, set[str]]()
        path = "result?queue=worker.1&" if chosen.rpc else "publish?"
        many = chosen.web_workers * chosen.web_threads * 2
        for _ in range(20):
            with ThreadPoolExecutor(many) as pool:
                asked = [pool.submit(self._ask, dyno, f"{path}seconds={HOLD_SECONDS}") for _ in range(many)]
            for answer in asked:
                process, _, thread = answer.result().partition(" ")
                seen.setdefault(process, set()).add(thread)
            if [len(threads) for threads in seen.values()] == [chosen.web_threads] * chosen.web_workers:
                return
        raise AssertionError(f"{dyno} did not use all of its threads: {seen}")

    def _look_at(self, dyno: str) -> None:
        for _ in range(3):
            self._ask(dyno, "api/workers?refresh=1&workername=worker.1@dyno")

    def _ask(self, dyno: str, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[dyno]}/{path}", timeout=60) as reply:
            return str(reply.read().decode())

    def _listed(self) -> frozenset[int]:
        """Return the ports at our end of the connections that the broker lists."""
        with self.broker.management(self.instance.address) as management:
            listed = management._read(f"/api/vhosts/{self.instance.address.vhost_part}/connections?columns=peer_port")
        return frozenset(item["peer_port"] for item in listed)

    def _owners(self) -> dict[int, str]:
        return {port: dyno for port, (dyno, _) in self._ends().items()}

    def _ends(self) -> dict[int, tuple[str, int]]:
        """Return whose end of a connection to the broker each port is: the dyno and the process."""
        found: dict[int, tuple[str, int]] = {}
        for dyno, process in self.processes.items():
            main = psutil.Process(process.pid)
            for each in (main, *main.children(recursive=True)):
                for connection in each.net_connections("tcp"):
                    peer = tuple(connection.raddr)
                    if peer and peer[1] == self.instance.address.port:
                        found[connection.laddr.port] = (dyno, each.pid)
        return found


@contextlib.contextmanager
def running(home: Path, broker: LoopbackRabbitMQ, combination: Combination) -> Iterator[RunningApp]:
    """Run an app whose processes are ready; they end with the block."""
    home.mkdir(parents=True)
    instance = broker.instance()
    app = RunningApp(home, broker, instance, combination)
    try:
        app.start()
        yield app
    finally:
        app.stop()
        broker.drop(instance)
