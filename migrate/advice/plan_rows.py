"""Heroku's live plan list as rows: what a plan is, what it costs, what is known of it, how one gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migrate.advice.plan_limits import limits_of
from migrate.brokers.plan_pairs import LAVINMQ, SHARED, changes_in_place, kind_of_plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migrate.platform import Plan


class PlanRow(Struct, frozen=True):
    """One plan that can be ordered; None where something is not known."""

    plan: str
    price: str
    shared: bool
    broker: str
    """RabbitMQ or LavinMQ."""
    nodes: int | None
    """None on a shared server, and where the name does not say."""
    connections: int | None
    queues: int | None
    messages_a_month: int | None
    source: str
    """Where the limits are from; empty where none is known."""
    current: bool
    in_place: bool | None
    """Whether CloudAMQP changes the current plan into this one in place; None without a current plan, and for it."""


def plan_rows(plans: Iterable[Plan], current: str | None) -> tuple[PlanRow, ...]:
    """Given the live list and the full name of the app's plan, if any, return a row for each that can be ordered."""
    there = [plan for plan in plans if plan.state != "shutdown" or plan.name == current]
    return tuple(_row(plan, current) for plan in sorted(there, key=lambda plan: (plan.cents or 0, plan.name)))


def _row(plan: Plan, current: str | None) -> PlanRow:
    kind = kind_of_plan(plan.name)
    limits, nodes = limits_of(kind), plan.slug.partition("-")[2]
    return PlanRow(
        plan=plan.name,
        price=plan.price,
        shared=kind in SHARED,
        broker="LavinMQ" if kind in LAVINMQ else "RabbitMQ",
        nodes=int(nodes) if nodes.isdecimal() else None,
        connections=limits.connections,
        queues=limits.queues,
        messages_a_month=limits.messages_a_month,
        source=limits.source,
        current=plan.name == current,
        in_place=None if current in {None, plan.name} else changes_in_place(current or "", plan.name),
    )
