"""Fifty real apps under traffic, moved by four Celery workers that are killed: dynos, brokers and tasks are real.

They are in one sandbox, which has one Heroku account and one RabbitMQ for all; each has a vhost, a web and a worker
dyno and a ledger of its own. It takes 10 GB and half an hour; FLEET_OF=10 takes fewer apps.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import re
import threading
import time
import zlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from fakes.fleet_site import Site, broker, run_among_kills
from fakes.private_postgresql import private_cluster

from migrate.clients.heroku_transport import ACCEPT
from migrate.clock import SystemClock
from migrate.sandbox.demo.traffic import ANSWER_SECONDS, RefusedError, Traffic
from migrate.sandbox.lifecycle import throwaway
from migrate.sandbox.rehearsal.judgement import wait_until_settled
from migrate.sandbox.rehearsal.rehearsal import environment, ledger_of
from migrate.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from migrate.sandbox.address import SandboxAddress
    from migrate.sandbox.rehearsal.judgement import Judgement

APPS = tuple(f"shop-{number}" for number in range(int(os.environ.get("FLEET_OF", "50"))))
SETTINGS = SandboxSettings(twins=APPS, rate_limit=1_000_000, web_boot_limit_seconds=600)
RATE = 12.0
"""Requests a second, to all apps together."""
ONCE = (
    "Set CELERY_ALWAYS_EAGER, MIGRATE_PLAN config vars",
    "Detach CLOUDAMQP (@ref)",
    "Attach CLOUDAMQP (@ref)",
    "@ref completed provisioning, setting CLOUDAMQP_URL, CLOUDAMQP_APIKEY.",
    "Remove CELERY_ALWAYS_EAGER, MIGRATE_PLAN config vars",
)


def test_each_of_fifty_apps_is_moved_once_and_loses_no_task_whatever_is_killed(tmp_path: Path) -> None:
    began = time.monotonic()
    with throwaway(SETTINGS) as address, private_cluster() as cluster, broker(tmp_path) as node:
        settings = {
            "MIGRATE_STORE": cluster.new_schema(),
            "MIGRATE_FLEET_BROKER": f"amqp://{node.admin}:{node.password}@127.0.0.1:{node.amqp_port}//",
            "NO_COLOR": "1",
        }
        here = Site(tmp_path, {**os.environ, **environment(address), **settings}, module="migrate")
        del here.environment["HEROKU_APP"]
        before = {app: len(releases(address, app)) for app in APPS}
        (tmp_path / "fleet.toml").write_text(
            f'name = "brokers"\nto = "bunny"\ngate = "auto"\napps = {list(APPS)}\nparallel = 16\n'
        )
        with traffic(address):
            kills = run_among_kills(here, cluster, random.Random(1), pause=(10, 30), longest=3600)
        verdicts = {app: verdict(address, app) for app in APPS}
        made = {app: tuple(map(nameless, releases(address, app)[before[app] :])) for app in APPS}
        plans = {app: tuple(item["plan"]["name"] for item in ask(address, f"/apps/{app}/addons")) for app in APPS}
    executed, seconds = sum(one.executed for one in verdicts.values()), time.monotonic() - began
    print(f"{len(APPS)} apps, {kills} kills, {executed} tasks, {seconds:.0f} s")  # noqa: T201 -- a figure

    assert {app: one for app, one in verdicts.items() if not one.clean} == {}
    assert plans == dict.fromkeys(APPS, ("cloudamqp:bunny",))
    assert made == dict.fromkeys(APPS, ONCE)
    assert min(one.executed for one in verdicts.values()) > 0
    assert kills > 3


def verdict(address: SandboxAddress, app: str) -> Judgement:
    return wait_until_settled(ledger_of(address, app), quiet=4, deadline=120, clock=SystemClock())


def ask(address: SandboxAddress, path: str, **headers: str) -> Any:
    every = {"Authorization": f"Bearer {address.token}", "Accept": ACCEPT, **headers}
    answer = requests.get(address.api_url + path, headers=every, timeout=60)
    answer.raise_for_status()
    return answer.json()


def releases(address: SandboxAddress, app: str) -> list[str]:
    """Descriptions, oldest first."""
    return [item["description"] for item in ask(address, f"/apps/{app}/releases", Range="version ..; max=200")]


def nameless(description: str) -> str:
    return re.sub(r"@ref:[\w-]+", "@ref", description)


@contextlib.contextmanager
def traffic(address: SandboxAddress) -> Iterator[None]:
    """Send requests until the block ends, each to an app that its query chooses and again until it is taken."""
    sending = Traffic(sender(address), random.Random(1), SystemClock())
    thread = threading.Thread(target=sending.run, args=(RATE,))
    thread.start()
    try:
        yield
    finally:
        sending.stopping.set()
        thread.join()


def sender(address: SandboxAddress) -> Callable[[str], None]:
    port = urlsplit(address.router_url).port

    def send(query: str) -> None:
        app = APPS[zlib.crc32(query.encode()) % len(APPS)]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        with contextlib.closing(connection):
            connection.request("POST", f"/enqueue?{query}", headers={"Host": f"{app}.localhost:{port}"})
            answer = connection.getresponse()
            answer.read()
        if answer.status != HTTPStatus.ACCEPTED:
            raise RefusedError(answer.status)

    return send
