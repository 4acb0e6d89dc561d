"""No other migration is half-way between two add-ons: until it sets its mark, its add-on's name alone tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.migration import is_of_a_migration
from migrate.preflight.finding import Finding, Severity
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.facts import Facts


def another_migration(facts: Facts) -> Finding | None:
    """Given the facts, ask about an add-on beside this one that a migration has added."""
    added = [name for name in facts.other_add_ons if is_of_a_migration(name)]
    if not added:
        return None
    app = facts.app.name
    return Finding(
        "ANOTHER_MIGRATION",
        Severity.ASK,
        f"{app} has an add-on beside this one that a migration has added: {listed(added)}.",
        "That migration may be under way elsewhere, or was given up; two at once would undo each other's steps.",
        f"migrate-plan status --app {app}    (there, or here; if it is over: heroku addons:destroy {added[0]} --app "
        f"{app}, or --accept ANOTHER_MIGRATION)",
    )
