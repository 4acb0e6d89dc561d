"""One RabbitMQ for all tests of the clients that one process runs: each test has a vhost of its own there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loopback_rabbitmq import LoopbackRabbitMQ, loopback_rabbitmq

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackRabbitMQ]:
    with loopback_rabbitmq(tmp_path_factory.mktemp("broker")) as node:
        yield node
