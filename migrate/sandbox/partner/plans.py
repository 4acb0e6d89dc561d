"""The CloudAMQP plans that the sandbox sells, and which of them can be exchanged in place.

Prices are those of CloudAMQP's public plan list (2025-11). Names without a digit are legacy ones:
https://github.com/cloudamqp/terraform-provider-cloudamqp/blob/main/docs/guides/info_plan.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PlanSpec:
    """One plan: price in US dollars a month, limits as vhost limits (None = no limit)."""

    name: str
    human_name: str
    usd_per_month: int
    shared: bool = False
    broker: Literal["rabbitmq", "lavinmq"] = "rabbitmq"
    """Which one CloudAMQP runs on the plan; the sandbox has RabbitMQ behind each of them."""
    max_connections: int | None = None
    max_queues: int | None = None
    orderable: bool = True
    """False: listed, but creating one is refused as a retired plan is."""


DEFAULT_PLANS = (
    PlanSpec("lemur", "Little Lemur", 0, shared=True, max_connections=20, max_queues=100),
    PlanSpec("tiger", "Tough Tiger", 19, shared=True, max_connections=100, max_queues=200),
    PlanSpec("squirrel-1", "Sassy Squirrel", 50, max_connections=1500),
    PlanSpec("bunny", "Big Bunny", 99, max_connections=5000),
    PlanSpec("bunny-1", "Big Bunny", 99, max_connections=5000),
    PlanSpec("bunny-3", "Big Bunny, 3 nodes", 297, max_connections=5000),
    PlanSpec("hare-1", "Happy Hare", 199),
    PlanSpec("rabbit-1", "Roaring Rabbit", 299),
    PlanSpec("panda-1", "Power Panda", 499),
    PlanSpec("ape-1", "Awesome Ape", 999),
    PlanSpec("lemming", "Loyal Lemming", 0, shared=True, broker="lavinmq", max_connections=40, max_queues=200),
    PlanSpec("ermine", "Elegant Ermine", 19, shared=True, broker="lavinmq", max_connections=200),
    PlanSpec("puffin-1", "Playful Puffin", 49, broker="lavinmq", max_connections=5000),
    PlanSpec("penguin-1", "Passionate Penguin", 99, broker="lavinmq"),
)


def refusal(old: PlanSpec, new: PlanSpec, rule: str) -> str | None:
    """Given two plans, return the partner's refusal of an in-place change, or None when it is done.

    `rule` is "by-kind" (as CloudAMQP does), "always" or "never". The wording of the first is CloudAMQP's own:
    https://github.com/cloudamqp/terraform-provider-cloudamqp/pull/49. Nobody has recorded that of the others.
    """
    if rule == "always" or (rule == "by-kind" and _are_of_a_kind(old, new)):
        return None
    if new.shared:
        return "Sorry, you can't move to a shared plan automatically. Please create a new instance."
    if old.shared:
        return "Upgrading from shared to dedicated is not allowed. Please create a new instance."
    return "Sorry, you can't change to this plan automatically. Please create a new instance."


def gets_another_host(old: PlanSpec, new: PlanSpec) -> bool:
    """Given two plans of one kind, return whether the instance has another host after the change."""
    return old.shared and not new.shared


def _are_of_a_kind(old: PlanSpec, new: PlanSpec) -> bool:
    """Return whether CloudAMQP exchanges two plans in place.

    Shared and dedicated among themselves, and LavinMQ from shared to dedicated:
    https://github.com/cloudamqp/terraform-provider-cloudamqp/blob/main/docs/guides/info_lavinmq_shared_to_dedicated.md
    """
    upwards = new.broker == "lavinmq" and old.shared
    return old.broker == new.broker and (old.shared == new.shared or upwards)
