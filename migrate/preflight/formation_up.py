"""The dynos run: an app whose dynos crash now cannot be told apart from one that a release breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def formation_up(facts: Facts) -> Finding | None:
    """Given the facts, refuse while dynos of the formation are crashed."""
    types = {item.type for item in facts.formation}
    crashed = [dyno.name for dyno in facts.dynos if dyno.type in types and dyno.state == "crashed"]
    if not crashed:
        return None
    return Finding(
        "DYNOS_DOWN",
        Severity.REFUSE,
        f"Dynos are crashed: {', '.join(crashed)}.",
        "Each release of the migration waits until every dyno is up.",
        f"heroku logs --app {facts.app.name}    (fix them, or scale the type to 0, then try again)",
    )
