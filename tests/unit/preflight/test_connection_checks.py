"""The connections that an app opens, beside what the new plan allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.broker_reports import a_node, workers
from fakes.facts import ADD_ON, WORKER, healthy_broker, healthy_facts
from msgspec.structs import replace

from migrate.brokers.report import Unreadable
from migrate.platform import ProcessType
from migrate.preflight import blocking, findings
from migrate.preflight.finding import Severity

if TYPE_CHECKING:
    from migrate.facts import Facts
    from migrate.preflight.finding import Finding

SQUIRREL = replace(ADD_ON, plan="cloudamqp:squirrel-1")
QUIET = "--without-gossip --without-mingle --without-heartbeat"
SETTINGS = {"eager_outside_workers": True, "broker_pool_limit": 1}


def moving(to: str = "cloudamqp:lemur", *, web: int = 2, concurrency: int = 2, **changes: Any) -> Facts:
    """An app on a plan of 1,500 connections that moves to another one."""
    formation = (
        ProcessType("web", 1, f"gunicorn shop.wsgi -w {web}"),
        replace(WORKER, command=f"celery -A shop worker {QUIET} -c {concurrency}"),
    )
    broker = healthy_broker(workers=workers(a_node(settings=SETTINGS)))
    return healthy_facts(**{"add_on": SQUIRREL, "formation": formation, "broker": broker, "target": to, **changes})


def about_connections(facts: Facts) -> Finding | None:
    return next((item for item in findings(facts) if item.code.startswith("CONNECTIONS_")), None)


def test_a_plan_with_enough_connections_is_nothing_to_say() -> None:
    # 2 + 4 and 2 of our own at work, 14 in a release.
    assert about_connections(moving()) is None


def test_a_smaller_plan_that_is_too_small_is_refused_unless_accepted_with_what_would_fit() -> None:
    found = about_connections(moving(web=3, concurrency=20))

    assert found is not None
    assert (found.code, found.severity) == ("CONNECTIONS_TOO_MANY", Severity.ASK)
    assert blocking((found,), ())
    assert not blocking((found,), ("CONNECTIONS_TOO_MANY",)), "an estimate keeps nobody from moving in an emergency"
    assert "27 at work" in found.what
    assert "of 20" in found.what
    assert "2020-07" in found.why
    assert "concurrency 4 would fit" in found.do
    assert "migrate-plan connections --app shop --what-if plan=lemur" in found.do
    assert about_connections(moving(web=3, concurrency=4)) is None


def test_a_smaller_plan_that_is_too_small_in_a_release_is_asked_about() -> None:
    found = about_connections(moving(web=4, concurrency=4))

    assert found is not None
    assert (found.code, found.severity) == ("CONNECTIONS_TIGHT", Severity.ASK)
    assert "web workers 3 would fit" in found.do


def test_a_larger_plan_is_never_refused_for_what_the_old_one_had_too_few_of_as_well() -> None:
    found = about_connections(moving("cloudamqp:tiger", concurrency=200, add_on=ADD_ON))

    assert found is not None
    assert (found.code, found.severity) == ("CONNECTIONS_STILL_TOO_MANY", Severity.WARN)


@pytest.mark.parametrize("changes", [{"concurrency": 2000}, {"web": 500}])
def test_a_plan_whose_limit_nobody_says_is_never_refused(changes: dict[str, int]) -> None:
    assert about_connections(moving("cloudamqp:bunny-1", **changes)) is None


def test_a_smaller_plan_of_which_not_all_is_known_is_warned_of() -> None:
    silent = healthy_broker(workers=Unreadable("no AMQP connection"))
    found = about_connections(moving(broker=silent))

    assert found is not None
    assert (found.code, found.severity) == ("CONNECTIONS_UNCOUNTED", Severity.WARN)
    assert "the pool limit is not known" in found.what


def test_a_lower_bound_above_the_limit_is_asked_about_all_the_same() -> None:
    silent = healthy_broker(workers=Unreadable("no AMQP connection"))

    found = about_connections(moving(concurrency=30, broker=silent))

    assert found is not None
    assert found.code == "CONNECTIONS_TOO_MANY"


def test_workers_for_a_bridge_are_on_the_new_broker_too() -> None:
    assert about_connections(moving(web=3, concurrency=4)) is None

    found = about_connections(
        moving(web=3, concurrency=4, strategy="bridge", bridge_workers={"worker": 1}),
    )

    assert found is not None
    assert found.code == "CONNECTIONS_TIGHT"
