"""Sandboxes for the tests of the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sandbox_client import APP_DIR, FAST, Api

from migrate.sandbox.lifecycle import SandboxAddress, throwaway

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_DYNOS = {"web": 0, "worker": 0}


@pytest.fixture(scope="session")
def platform_address() -> Iterator[SandboxAddress]:
    """A sandbox without a broker, for everything that is the platform's own."""
    with throwaway(FAST, APP_DIR, {"GREETING": "hello"}) as address:
        yield address


@pytest.fixture(scope="session")
def quiet_address() -> Iterator[SandboxAddress]:
    """A sandbox without broker and dynos, for what no process sees."""
    with throwaway(FAST.changed({"formation": NO_DYNOS}), APP_DIR) as address:
        yield address


@pytest.fixture(scope="session")
def broker_address() -> Iterator[SandboxAddress]:
    """A sandbox with the real RabbitMQ and no dynos to speak of."""
    with throwaway(FAST.changed({"broker": "rabbitmq", "formation": NO_DYNOS}), APP_DIR) as address:
        yield address


@pytest.fixture
def api(platform_address: SandboxAddress) -> Iterator[Api]:
    """The shared platform sandbox, its app with exactly one add-on under its usual name."""
    yield from _restored(Api(platform_address))


@pytest.fixture
def quiet_api(quiet_address: SandboxAddress) -> Iterator[Api]:
    yield from _restored(Api(quiet_address))


@pytest.fixture
def broker_api(broker_address: SandboxAddress) -> Iterator[Api]:
    yield from _restored(Api(broker_address))


def _restored(api: Api) -> Iterator[Api]:
    plain = FAST.to_json()
    for fixed in ("app", "token", "broker", "other_apps", "twins", "formation"):
        plain.pop(fixed)
    api.settings(**plain)
    api.delete("/sandbox/faults")
    api.settled()
    if [item["name"] for item in api.get("+/addon-attachments")] != ["CLOUDAMQP"]:
        for addon in api.get("+/addons"):
            api.delete(f"/apps/{addon['app']['name']}/addons/{addon['id']}", {"force": True})
        api.post("+/addons", {"plan": "cloudamqp:lemur"})
        api.settled()
    with api.session:
        yield api
