"""The live plan list, with what is known of each plan and how one gets there."""

from __future__ import annotations

from fakes.facts import PLANS

from migrate.advice.plan_limits import KNOWN
from migrate.advice.plan_rows import PlanRow, plan_rows
from migrate.brokers.plan_pairs import LAVINMQ, SHARED
from migrate.platform import Plan


def rows(current: str | None = None) -> dict[str, PlanRow]:
    return {row.plan.partition(":")[2]: row for row in plan_rows(PLANS, current)}


def test_the_cheapest_comes_first() -> None:
    assert list(rows()) == ["lemur", "tiger", "squirrel-1", "bunny-1", "bunny-3"]


def test_a_shared_plan_has_no_nodes_and_a_dedicated_one_those_of_its_name() -> None:
    assert (rows()["tiger"].shared, rows()["tiger"].nodes) == (True, None)
    assert (rows()["bunny-3"].shared, rows()["bunny-3"].nodes) == (False, 3)


def test_what_is_not_known_of_a_plan_is_none_and_not_without_limit() -> None:
    bunny = rows()["bunny-1"]

    assert (bunny.connections, bunny.queues, bunny.messages_a_month, bunny.source) == (None, None, None, "")
    assert rows()["lemur"].connections == 20


def test_every_limit_says_where_it_is_from() -> None:
    assert all(limits.source for limits in KNOWN.values())
    assert {"lemur", "tiger", "lemming", "ermine"} == SHARED & KNOWN.keys()


def test_from_the_current_plan_it_says_what_is_changed_in_place() -> None:
    found = rows("cloudamqp:lemur")

    assert found["lemur"].current
    assert {name: row.in_place for name, row in found.items()} == {
        "lemur": None,
        "tiger": True,
        "squirrel-1": False,
        "bunny-1": False,
        "bunny-3": False,
    }


def test_without_an_app_nothing_is_said_of_ways() -> None:
    assert {row.in_place for row in rows().values()} == {None}


def test_a_plan_that_is_withdrawn_is_listed_only_for_whom_it_is_the_current_one() -> None:
    old = Plan("cloudamqp:bunny", 9900, "month", "shutdown")

    assert plan_rows([old], None) == ()
    assert [row.plan for row in plan_rows([old], "cloudamqp:bunny")] == ["cloudamqp:bunny"]


def test_lavinmq_is_told_by_the_name() -> None:
    (row,) = plan_rows([Plan("cloudamqp:puffin-1", 4900, "month", "ga")], None)

    assert (row.broker, "puffin" in LAVINMQ) == ("LavinMQ", True)
