"""The plan list as people see it: nothing is cut off, and what is not known is called so."""

from __future__ import annotations

from fakes.facts import PLANS

from migrate.advice.plan_rows import plan_rows
from migrate.events import PlansListed
from migrate.listeners.plans_text import lines


def shown(current: str = "") -> list[str]:
    return list(lines(PlansListed("shop" if current else "", current, plan_rows(PLANS, current or None))))


def test_each_plan_has_a_line_with_its_price_and_what_is_known_of_it() -> None:
    header, *rows = shown()

    assert header.split() == ["plan", "price", "broker", "server", "connections", "queues", "messages", "a", "month"]
    assert rows[0].split() == ["lemur", "free", "RabbitMQ", "shared", "20", "100", "1,000,000"]
    assert rows[4].split() == ["bunny-3", "$297/month", "RabbitMQ", "dedicated", "x", "3", *["unknown"] * 3]
    assert not [line for line in rows if "…" in line]


def test_the_current_plan_is_marked_and_the_way_to_each_other_is_told() -> None:
    _, lemur, tiger, squirrel, *_ = shown("cloudamqp:lemur")

    assert lemur.startswith("*")
    assert lemur.endswith("you are here")
    assert tiger.endswith("in place")
    assert squirrel.endswith("a new add-on")


def test_where_the_limits_are_from_is_said() -> None:
    assert shown()[-1].startswith("Limits: cloudamqp.com/plans.html, quoted 2026-06 (tiger and others)")
