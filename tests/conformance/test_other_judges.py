"""Programs that know CloudAMQP's management API: Flower, and RabbitMQ's own rabbitmqadmin."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
import requests

from conformance.platform_api import PlatformApi
from migrate.sandbox.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.sandbox.address import SandboxAddress


@dataclass(frozen=True)
class Instance:
    """An add-on's broker as its customer knows it."""

    url: str
    user: str
    password: str
    vhost: str
    api: str


@pytest.fixture
def instance(busy_address: SandboxAddress) -> Instance:
    api = PlatformApi(busy_address)
    with api.session:
        url = api.get("+/config-vars")["CLOUDAMQP_URL"]
    parts = urlsplit(url)
    words = (unquote(parts.username or ""), unquote(parts.password or ""), unquote(parts.path[1:]))
    return Instance(url, *words, busy_address.rabbitmq_api)


def test_flower_shows_the_queues(instance: Instance, tmp_path: Path, busy_address: SandboxAddress) -> None:
    port, api = free_port(), instance.api.replace("://", f"://{instance.user}:{instance.password}@")
    variables = {"CELERY_BROKER_URL": instance.url, "FLOWER_BROKER_API": f"{api}/api/", "HOME": str(tmp_path)}
    flower = subprocess.Popen(
        [sys.executable, "-m", "celery", "flower", "--address=127.0.0.1", f"--port={port}"],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **variables},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        PlatformApi(busy_address).until(lambda: "<td>celery</td>" in "".join(page_of(port).split()))
    finally:
        flower.terminate()
        flower.wait(timeout=30)


def page_of(port: int) -> str:
    """Return Flower's page about the broker, or nothing while it does not answer."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/broker", timeout=30).text
    except requests.ConnectionError:
        return ""


def test_rabbitmqadmin_lists_the_queues_and_nothing_of_others(instance: Instance, tmp_path: Path) -> None:
    program, settings = tmp_path / "rabbitmqadmin", tmp_path / "settings"
    program.write_bytes(requests.get(f"{instance.api}/cli/rabbitmqadmin", timeout=30).content)
    place = urlsplit(instance.api)
    lines = {
        "hostname": place.hostname,
        "port": place.port,
        "username": instance.user,
        "password": instance.password,
        "vhost": instance.vhost,
    }
    settings.write_text("[default]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items()))

    def shown(*words: str) -> list[str]:
        command = [sys.executable, str(program), "--config", str(settings), "--format", "tsv", "--quiet", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    assert "celery" in shown("list", "queues", "name")
    assert instance.vhost in shown("list", "vhosts", "name")
    assert "/" not in shown("list", "vhosts", "name")
