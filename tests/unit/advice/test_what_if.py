"""What an app would need otherwise than it is."""

from __future__ import annotations

import pytest

from migrate.advice.connection_budget import Kind, Usage
from migrate.advice.what_if import what_if
from migrate.errors import UsageError

TYPES = ("web", "worker", "clock")
APP = (
    Usage("web", Kind.WEB, 1, processes=None, threads=None, pool_limit=10, doubts=("its command hides it",)),
    Usage("worker", Kind.WORKER, 1, processes=2, pool_limit=10),
    Usage("clock", Kind.BEAT, 1, pool_limit=10),
)


def test_what_is_named_is_otherwise_and_the_rest_as_it_is() -> None:
    asked = what_if("plan=tiger,web=4,worker=3,concurrency=8", TYPES)

    web, worker, clock = asked.of(APP)

    assert asked.plan == "tiger"
    assert (web.dynos, web.processes, web.doubts) == (4, None, APP[0].doubts)
    assert (worker.dynos, worker.processes, worker.pool_limit) == (3, 8, 10)
    assert clock == APP[2]


def test_numbers_that_a_command_hides_can_be_said() -> None:
    web, worker, clock = what_if("web-workers=3, web-threads=2, pool=1", TYPES).of(APP)

    assert (web.processes, web.threads, web.pool_limit, web.doubts) == (3, 2, 1, ())
    assert (worker.pool_limit, clock.pool_limit) == (1, 1)


def test_no_pool_limit_can_be_asked_about() -> None:
    assert what_if("pool=0", TYPES).of(APP)[1].pool_limit == 0


@pytest.mark.parametrize("text", ["", "web", "web=", "web=many", "web=-1", "concurrency=0", "wbe=2", "plan="])
def test_what_cannot_be_understood_is_refused_with_what_can(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        what_if(text, TYPES)

    assert "--what-if plan=tiger" in refused.value.next
