"""The add-on is billed to this app: one that is only attached belongs to somebody else.

https://devcenter.heroku.com/articles/managing-add-ons
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def billed_here(facts: Facts) -> Finding | None:
    """Given the facts, refuse an add-on of another app."""
    owner = facts.add_on.billed_to
    if owner == facts.app.name:
        return None
    return Finding(
        "BILLED_ELSEWHERE",
        Severity.REFUSE,
        f"The add-on {facts.add_on.name} is billed to the app {owner}, not to {facts.app.name}.",
        "Removing it would take the broker away from its owner.",
        f"migrate-plan --to {facts.target} --app {owner}",
    )
