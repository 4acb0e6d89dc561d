"""A private broker, and the demo's processes as dynos: started and signalled as Heroku does it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import requests

from migrate import procfile
from migrate.sandbox import demo
from migrate.sandbox.dynos.environment import of_dyno
from migrate.sandbox.partner.cloudamqp import CloudAmqp
from migrate.sandbox.partner.plans import DEFAULT_PLANS
from migrate.sandbox.partner.rabbitmq import Node
from migrate.sandbox.ports import free_port
from migrate.sandbox.rehearsal import recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

APP_DIR = Path(demo.__file__).parent
COMMANDS = procfile.read(APP_DIR)


class Answer(NamedTuple):
    status: int
    content: dict[str, Any]


@contextlib.contextmanager
def private_broker(directory: Path) -> Iterator[Callable[[], str]]:
    """Start a node; what it yields makes a new instance on it and returns its URL."""
    node = Node(directory / "node", ("rabbitmq_management",))
    partner = CloudAmqp(node)

    def new_instance() -> str:
        credentials = partner.credentials(encoded=False)
        runner.run(partner.provision(credentials, DEFAULT_PLANS[0]))
        return credentials.url

    with asyncio.Runner() as runner:
        try:
            runner.run(node.start())
            yield new_instance
        finally:
            runner.run(node.kill())


class Dynos:
    """Processes of the demo that share a directory, a ledger and config vars."""

    def __init__(self, home: Path, **config: str) -> None:
        self.home = home
        self.ledger = home / "ledger.jsonl"
        self.recorded = home / "recorded.jsonl"
        """The same, written by the recorder, of which the demo knows nothing."""
        # The tests also run from a checkout that is not installed.
        self.config = {"LEDGER_PATH": str(self.ledger), "PYTHONPATH": str(APP_DIR.parents[2])} | config
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._traffic: subprocess.Popen[str] | None = None

    def start(self, name: str, command: str = "", port: int | None = None, **config: str) -> int:
        """Start a dyno (`worker.1`), by default as its Procfile line says; return its PORT."""
        port = port or free_port()
        added = recorder.environment(self.recorded)
        environment = of_dyno(self.home, name, port, self.config, config, added=added)
        with (self.home / f"{name}.log").open("ab") as log:
            # Heroku's bash replaces itself by a single command; Debian's sh has to be told.
            self.running[name] = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command or COMMANDS[name.partition('.')[0]]}"],
                cwd=APP_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return port

    def start_web(self, **config: str) -> str:
        """Start `web.1` and return its address once it answers."""
        url = f"http://127.0.0.1:{self.start('web.1', '', None, **config)}"
        until(lambda: get(f"{url}/health") is not None)
        return url

    def start_worker(self, command: str = "", **config: str) -> None:
        """Start `worker.1` and return once it takes tasks."""
        self.start("worker.1", command, None, **config)
        until(lambda: " ready." in self.log("worker.1"))

    def traffic(self, url: str, *flags: str) -> subprocess.Popen[str]:
        """Start the traffic generator."""
        command = [sys.executable, "-m", "migrate.sandbox.demo.traffic", "--url", url, *flags]
        self._traffic = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(self.config))
        return self._traffic

    def log(self, name: str) -> str:
        """Return what a dyno has written."""
        return (self.home / f"{name}.log").read_text()

    def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal to every process of a dyno and return the exit code of the first."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        return process.wait(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.running):
            self.end(name, signal.SIGKILL)
        if self._traffic:
            self._traffic.kill()
            self._traffic.wait()
            if self._traffic.stdout:
                self._traffic.stdout.close()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Return when the condition holds; fail when it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def get(url: str) -> Answer | None:
    """Return what an address answers, None while nobody listens."""
    try:
        response = requests.get(url, timeout=30)
    except requests.ConnectionError:
        return None
    return Answer(response.status_code, response.json())


def post(url: str) -> Answer:
    """Post nothing to an address and return its answer."""
    response = requests.post(url, timeout=30)
    return Answer(response.status_code, response.json())
