"""Random schedules on a real RabbitMQ, a few of them; `make bench-verdict` has a thousand and other judges beside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest
from judges import OURS, judged

if TYPE_CHECKING:
    from loopback_rabbitmq import LoopbackRabbitMQ

pytestmark = pytest.mark.contract
pytest_plugins = ("shared_rabbitmq",)

SEEDS = range(6)


def test_in_random_schedules_empty_is_said_in_the_end_and_never_while_a_task_is_there(
    broker: LoopbackRabbitMQ,
) -> None:
    with ThreadPoolExecutor(len(SEEDS)) as pool:
        done = list(pool.map(partial(judged, broker, quorum=False, longest=2.0), SEEDS))

    assert sum(item.tasks for item in done) > 30
    assert [item.seed for item in done if item.false[OURS]] == []
    assert [item.seed for item in done if item.late is None] == []
