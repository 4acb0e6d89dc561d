"""One real sandbox for all end-to-end tests; its credentials need percent-encoding, as some do in life."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.stage import Stage
from migrate.sandbox.lifecycle import SandboxAddress, throwaway
from migrate.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = SandboxSettings(
    encoded_credentials=True, other_apps=("second-app",), kill_after_seconds=10.0, rate_limit=1_000_000
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def address() -> Iterator[SandboxAddress]:
    with throwaway(SETTINGS) as address:
        yield address


@pytest.fixture
def stage(address: SandboxAddress, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(address, tmp_path)
    with stage.session:
        yield stage.restored()


@pytest.fixture
def ready_stage(stage: Stage) -> Stage:
    return stage.at_work()
