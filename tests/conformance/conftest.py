"""One sandbox without a broker for all commands of the CLI, and one watch over what else it wants to reach."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.http_server import Answer, HttpServer, serving

from conformance.heroku_cli import PROGRAM, HerokuCli
from conformance.platform_api import PlatformApi
from conformance.recorder import Recorder, recording
from migrate.sandbox.lifecycle import SandboxAddress, throwaway
from migrate.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY = SandboxSettings(kill_after_seconds=10.0, rate_limit=1_000_000)
APP_DIR = Path(__file__).parent / "app"
SETTINGS = SandboxSettings(
    broker="none",
    boot_seconds=0.05,
    kill_after_seconds=3.0,
    provision_seconds=0.5,
    deprovision_seconds=0.5,
    shutdown_seconds=0.5,
    rate_limit=1_000_000,
    other_apps=("second-app",),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this directory; the schema judges at the end what the others have sent."""
    for item in items:
        if "conformance" in item.path.parts:
            item.add_marker(pytest.mark.conformance)
    items.sort(key=lambda item: "schema" in item.path.parts)


@pytest.fixture(scope="session")
def address() -> Iterator[SandboxAddress]:
    with throwaway(SETTINGS, APP_DIR, {"GREETING": "hello"}) as address:
        yield address


@pytest.fixture(scope="session")
def recorder(address: SandboxAddress) -> Iterator[Recorder]:
    with recording(address.api_url) as recorder:
        yield recorder


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[HttpServer]:
    """What the CLI is led to when it wants to reach anything but the sandbox."""
    with serving(Answer(status=502)) as server:
        yield server
        assert server.asked == []


@pytest.fixture(scope="session")
def cli(
    address: SandboxAddress, recorder: Recorder, elsewhere: HttpServer, tmp_path_factory: pytest.TempPathFactory
) -> HerokuCli:
    """The CLI of the app's owner."""
    if not PROGRAM.exists():
        pytest.fail(f"there is no {PROGRAM}: make conformance installs it")
    cli = HerokuCli(address, recorder.url, tmp_path_factory.mktemp("home"), elsewhere.url, address.token)
    cli.says("version")  # the first command in a new home speaks of the terms of service
    return cli


@pytest.fixture(scope="session")
def busy_address() -> Iterator[SandboxAddress]:
    """A sandbox with the demo app and a real broker."""
    with throwaway(BUSY) as address:
        yield address


@pytest.fixture(scope="session")
def busy_recorder(busy_address: SandboxAddress) -> Iterator[Recorder]:
    with recording(busy_address.api_url) as recorder:
        yield recorder


@pytest.fixture(scope="session")
def busy_cli(cli: HerokuCli, busy_address: SandboxAddress, busy_recorder: Recorder) -> HerokuCli:
    return replace(cli, address=busy_address, host=busy_recorder.url, token=busy_address.token)


@pytest.fixture
def api(address: SandboxAddress) -> Iterator[PlatformApi]:
    """The same app seen without the CLI: with one add-on under its usual name, up, and without faults."""
    api = PlatformApi(address)
    with api.session:
        yield api.restored()


@pytest.fixture
def name() -> str:
    """A name that no app and no add-on has yet."""
    return f"name-{uuid.uuid4().hex[:8]}"
