"""A local Heroku with the demo app, and the program as an operator runs it on it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import requests

from migrate.clients.broker import Brokers
from migrate.clients.heroku_transport import ACCEPT
from migrate.clock import SystemClock
from migrate.sandbox.rehearsal.judgement import wait_until_settled
from migrate.sandbox.rehearsal.rehearsal import environment, ledger_of, wait_for_tasks
from migrate.sandbox.rehearsal.traffic import Traffic, of_demo
from migrate.secrets import _spellings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migrate.sandbox.address import SandboxAddress
    from migrate.sandbox.rehearsal.judgement import Judgement

LONG = 120.0
BRISK = (str(Path(__file__).parent / "brisk.py"),)
"""The program with the stage's shorter shutdown."""


@dataclass(frozen=True)
class Finished:
    """A process that has ended."""

    status: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def result(self) -> dict[str, Any]:
        last = self.events[-1]
        assert last["type"] == "result", last
        return last


@dataclass(frozen=True)
class Stage:
    """One sandbox, one home directory of an operator."""

    address: SandboxAddress
    home: Path
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def app(self) -> str:
        return self.address.app

    def call(self, method: str, path: str, body: object = None, *, good: bool = True) -> Any:
        headers = {"Authorization": f"Bearer {self.address.token}", "Accept": ACCEPT}
        path = path.replace("+", f"/apps/{self.app}", 1) if path.startswith("+") else path
        answer = self.session.request(method, self.address.api_url + path, json=body, headers=headers, timeout=30)
        assert answer.ok or not good, answer.text
        return answer.json()

    def settings(self, **changes: object) -> None:
        self.call("PATCH", "/sandbox/settings", changes)

    def snapshot(self) -> tuple[Any, ...]:
        """Everything about the app that a migration could change."""
        add_ons = [(item["name"], item["plan"]["name"]) for item in self.call("GET", "+/addons")]
        names = [item["name"] for item in self.call("GET", "+/addon-attachments")]
        versions = [(item["version"], item["status"]) for item in self.call("GET", "+/releases")]
        return self.call("GET", "+/config-vars"), add_ons, names, versions

    def requests(self) -> list[dict[str, Any]]:
        """Every request that the Platform API has answered."""
        lines = (self.address.directory / "requests.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def writes(self) -> int:
        """How many requests other than GET have reached the Platform API's own paths."""
        asked = self.requests()
        return sum(item["method"] != "GET" and not item["path"].startswith("/sandbox") for item in asked)

    def environment(self, **changes: str | None) -> dict[str, str]:
        """The operator's environment; None takes a variable away."""
        base = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_STATE_HOME": str(self.home / "state"),
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
            # So that a checkout is tested which is not the one that is installed.
            **{name: value for name, value in os.environ.items() if name == "PYTHONPATH"},
            **environment(self.address),
        }
        return {name: value for name, value in {**base, **changes}.items() if value is not None}

    def start(
        self, *words: str, wrapper: tuple[str, ...] = ("-m", "migrate"), **changes: str | None
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *wrapper, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.home,
            env=self.environment(**changes),
        )

    def run(self, *words: str, **changes: str | None) -> Finished:
        return finish(self.start(*words, wrapper=("-m", "migrate"), **changes))

    def run_unchanged(self, *words: str, **changes: str | None) -> Finished:
        """Run the program and see that it sent no write and changed nothing."""
        before, writes = self.snapshot(), self.writes()
        finished = self.run(*words, **changes)
        assert (self.snapshot(), self.writes()) == (before, writes)
        return finished

    def secrets(self) -> set[str]:
        """The token, and of every broker the password, in each way in which they could be written."""
        urls = [value for name, value in self.call("GET", "+/config-vars").items() if name.endswith("_URL")]
        encoded = {urlsplit(url).password or "" for url in urls}
        plain = {self.address.token, *urls, *encoded, *map(unquote, encoded)}
        return {spelling for value in plain for spelling in _spellings(value)}

    def check_no_secret_in(self, text: str) -> None:
        assert not [secret for secret in self.secrets() if secret in text]

    def settled(self) -> None:
        """Wait until no release is pending and every formation dyno is up on the current one."""

        def is_settled() -> bool:
            releases = self.call("GET", "+/releases")
            current = next(item["version"] for item in releases if item["current"])
            dynos = self.call("GET", "+/dynos")
            up = [d for d in dynos if d["state"] == "up" and d["release"]["version"] >= current]
            return all(item["status"] != "pending" for item in releases) and len(up) == len(dynos) >= 1

        until(is_settled)

    def restored(self) -> Stage:
        """Bring the app back to one add-on on lemur under its usual name, with no variable of ours."""
        self.call("DELETE", "/sandbox/faults")
        if [item["plan"]["name"] for item in self.call("GET", "+/addons")] != ["cloudamqp:lemur"]:
            for add_on in self.call("GET", "+/addons"):
                self.call("DELETE", f"+/addons/{add_on['id']}", {"force": True})
            self.call("POST", "+/addons", {"plan": "cloudamqp:lemur"})
        for dyno in self.call("GET", "+/dynos"):
            if dyno["type"] == "run":
                self.call("POST", f"+/dynos/{dyno['name']}/actions/stop")
        self.call("PATCH", "+/formation", {"updates": [{"type": "worker", "quantity": 1}]})
        bridge = {"CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"}
        ours = {"CELERY_ALWAYS_EAGER", "MIGRATE_PLAN", "EAGER_EVERYWHERE", *bridge}
        left = ours & self.call("GET", "+/config-vars").keys()
        if left:
            self.call("PATCH", "+/config-vars", dict.fromkeys(left))
        for attachment in self.call("GET", "+/addon-attachments"):
            if attachment["name"] != "CLOUDAMQP":
                self.call("DELETE", f"/addon-attachments/{attachment['id']}")
        self.settled()
        ledger_of(self.address).write_text("")
        return self

    def at_work(self) -> Stage:
        """Wait until the one worker answers and is on its queue, so that a dry run has nothing to complain about."""
        broker = Brokers(self.address.rabbitmq_api).open(self.call("GET", "+/config-vars"), "CLOUDAMQP_URL")

        def is_at_work() -> bool:
            listed = any(item.queue == "celery" for item in broker.rabbitmq.consumers())
            return listed and [node.queues for node in broker.control.report(1).nodes] == [("celery",)]

        with broker.rabbitmq.session, contextlib.closing(broker.control):
            until(is_at_work)
        return self

    @contextlib.contextmanager
    def traffic(self, rate: float = 6.0) -> Iterator[Traffic]:
        """Run traffic; it has had answers before the block begins."""
        with of_demo(self.address, rate) as traffic:
            wait_for_tasks(ledger_of(self.address), 20, SystemClock())
            yield traffic

    def verdict(self, deadline: float = 60) -> Judgement:
        """Wait until nothing more can happen to any task, at most so many seconds, and judge."""
        return wait_until_settled(ledger_of(self.address), quiet=4, deadline=deadline, clock=SystemClock())


def finish(process: subprocess.Popen[str], seconds: float = LONG) -> Finished:
    """Wait for the end of a process that start() gave."""
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        process.kill()
        process.wait()
    return Finished(process.returncode, out, err)


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Return when a condition holds; fail when it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


@contextlib.contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Whatever happens in the block, the process is gone after it."""
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
