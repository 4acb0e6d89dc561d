"""The add-on is provisioned: one that is still coming up or going away is not to be touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def add_on_ready(facts: Facts) -> Finding | None:
    """Given the facts, refuse an add-on in any other state than provisioned."""
    if facts.add_on.state == "provisioned":
        return None
    return Finding(
        "ADD_ON_NOT_READY",
        Severity.REFUSE,
        f"The add-on {facts.add_on.name} is {facts.add_on.state}.",
        "Only a provisioned add-on has a broker whose queues can be read.",
        f"heroku addons:info {facts.add_on.name} --app {facts.app.name}",
    )
