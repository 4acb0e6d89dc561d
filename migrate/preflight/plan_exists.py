"""The target plan can be ordered: legacy names such as ``bunny`` may be gone from the live list.

https://github.com/cloudamqp/terraform-provider-cloudamqp/blob/main/docs/guides/info_plan.md
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.facts import Facts
    from migrate.platform import Plan


def plan_exists(facts: Facts) -> Finding | None:
    """Given the facts, refuse a plan that the live list does not have, and name the near ones."""
    if facts.target_plan is not None:
        return None
    return unknown_plan(facts.target, facts.plans, lambda plan: f"migrate-plan --to {plan} --app {facts.app.name}")


def unknown_plan(wanted: str, plans: tuple[Plan, ...], command: Callable[[str], str]) -> Finding:
    """Given a plan that is not among those there are, return the finding that names near ones in a command."""
    slug = wanted.partition(":")[2]
    near = near_plans(slug, plans)
    offered = ", ".join(f"{plan.slug} ({plan.price})" for plan in near) or "none is near"
    return Finding(
        "PLAN_UNKNOWN",
        Severity.REFUSE,
        f"There is no plan {wanted}.",
        f"Heroku's live list of plans does not have it. Near names: {offered}.{_legacy_note(slug, near)}",
        command(near[0].slug if near else "PLAN"),
    )


def near_plans(slug: str, plans: tuple[Plan, ...]) -> tuple[Plan, ...]:
    """Given a slug and the plans there are, return those it may have meant, successors first."""
    successors = [plan for plan in plans if plan.slug.startswith(f"{slug}-")]
    similar = difflib.get_close_matches(slug, [plan.slug for plan in plans], n=3)
    others = [plan for plan in plans if plan.slug in similar and plan not in successors]
    return (*successors, *others)


def _legacy_note(slug: str, near: tuple[Plan, ...]) -> str:
    if any(plan.slug.startswith(f"{slug}-") for plan in near):
        return f" {slug} is a legacy name: CloudAMQP now puts the number of nodes behind it."
    return ""
