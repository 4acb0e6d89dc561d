"""What an app's processes are said to open to their broker is what real ones do open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from connecting import Combination, RunningApp, running
from loopback_rabbitmq import loopback_rabbitmq

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.contract

APPS = (
    Combination(10, web_dynos=1, web_workers=2, web_threads=2, worker_dynos=1, concurrency=2, quiet=False),
    Combination(2, web_dynos=1, worker_dynos=1, concurrency=3, pool="threads", beat=1),
)


def test_estimates_are_never_below_what_is_open_and_at_most_one_a_process_above_it(tmp_path: Path) -> None:
    with loopback_rabbitmq(tmp_path) as broker, ExitStack() as stack:
        apps = [stack.enter_context(running(tmp_path / str(n), broker, app)) for n, app in enumerate(APPS)]
        with ThreadPoolExecutor() as pool:
            list(pool.map(RunningApp.publish_everywhere, apps))
        for app in apps:
            app.inspect()
        for app in apps:
            budget, found = app.combination.budget, app.open_connections()
            for item in budget.estimates:
                there = sum(number for dyno, number in found.items() if dyno.startswith(item.type))
                assert there <= item.connections <= there + app.processes_of(item.type), (item, found)
            assert budget.formula not in {sum(found.values()), None}
