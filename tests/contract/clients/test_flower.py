"""A real Flower, started with what `migrate-plan flower` prints, on a real broker: does its page show the queues."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
import requests
from loopback_rabbitmq import Instance, LoopbackRabbitMQ, declare, loopback_rabbitmq, publish
from polling import until
from tls_door import tls_door

from migrate.advice.flower_line import VARIABLE, FlowerLine, flower_line, needs_encoding, revealed
from migrate.brokers.address import BrokerAddress
from migrate.platform import ProcessType
from migrate.sandbox.partner.cloudamqp import CloudAmqp
from migrate.sandbox.partner.plans import PlanSpec
from migrate.sandbox.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.contract
FORMATION = (ProcessType("worker", 1, "celery -A shop worker"),)
APP = "from celery import Celery\n\napp = Celery('shop')\n"
HARD = "canary/pass@word%"


@dataclass(frozen=True)
class Flower:
    """A process, by its page about the broker and its log."""

    port: int
    log: Path

    def shows_the_queue(self) -> bool:
        return "<td>celery</td>" in "".join(self._page().split())

    def is_refused(self, why: str) -> bool:
        return bool(self._page()) and not self.shows_the_queue() and why in self.log.read_text()

    def _page(self) -> str:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/broker", timeout=30).text
        except requests.ConnectionError:
            return ""


@contextlib.contextmanager
def flower(place: Path, command: str, url: str, settings: str = "", **variables: str) -> Iterator[Flower]:
    """Run a command of a Procfile as a dyno does, beside an app and perhaps Flower's file of settings."""
    place.mkdir()
    (place / "shop.py").write_text(APP)
    if settings:
        (place / "flowerconfig.py").write_text(settings)
    port, log = free_port(), place / "log"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            shlex.split(command.replace("$PORT", str(port))),
            env={"PATH": path, "LANG": "C.UTF-8", "CELERY_BROKER_URL": url, **variables},
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Flower(port, log)
    finally:
        process.terminate()
        process.wait(timeout=30)


def instance_with(broker: LoopbackRabbitMQ, password: str) -> Instance:
    """Make an instance in CloudAMQP's shape with that password, and a queue with a task."""
    partner = CloudAmqp(broker.node)
    made = partner.credentials(encoded=False)
    url = made.url.replace(made.password, quote(password, safe=""))
    credentials = replace(made, password=password, url=url)
    broker.runner.run(partner.provision(credentials, PlanSpec("any", "Any", 0)))
    instance = Instance(url, BrokerAddress.from_url(url, "CLOUDAMQP_URL"), credentials)
    with instance.channel() as channel:
        declare(channel, "celery")
        publish(channel, "celery", 1)
    return instance


def line(broker: LoopbackRabbitMQ, instance: Instance, api: str = "") -> FlowerLine:
    return flower_line(FORMATION, {}, instance.address, api or broker.api_url, "CLOUDAMQP_URL")


def test_what_is_printed_shows_the_queues_and_what_is_said_not_to_work_does_not(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        broker = stack.enter_context(loopback_rabbitmq(tmp_path))
        hard, plain = instance_with(broker, HARD), instance_with(broker, "plain-canary")
        made, told = line(broker, hard), line(broker, plain)
        assert (needs_encoding(hard.address), made.doubt) == (True, "")
        api = urlsplit(broker.api_url).port or 0
        door = stack.enter_context(tls_door(api, tmp_path / "authority.pem"))

        def run(name: str, command: str, url: str, settings: str = "", **variables: str) -> Flower:
            return stack.enter_context(flower(tmp_path / name, command, url, settings, **variables))

        variable = run("variable", made.command, hard.url, **{VARIABLE: made.broker_api})
        file = run("file", made.command, hard.url, made.settings)
        page = run("page", f"{told.command} --broker_api={revealed(plain.address, broker.api_url)}", plain.url)
        undecoded = run(
            "undecoded", f"{made.command} --broker_api={revealed(hard.address, broker.api_url)}", hard.url
        )
        unproven = line(broker, plain, f"https://127.0.0.1:{door}")
        impostor = run("impostor", told.command, plain.url, **{VARIABLE: unproven.broker_api})

        for shown in (variable, file, page):
            until(shown.shows_the_queue, seconds=60)
        until(lambda: undecoded.is_refused("HTTP 401"), seconds=60)
        until(lambda: impostor.is_refused("CERTIFICATE_VERIFY_FAILED"), seconds=60)
