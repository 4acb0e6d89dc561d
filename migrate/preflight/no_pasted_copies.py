"""No other variable holds a copy of the broker's address: it would still point to the old broker afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def no_pasted_copies(facts: Facts) -> Finding | None:
    """Given the facts, ask for consent when variables hold the old broker's address or password."""
    if not facts.copies:
        return None
    return Finding(
        "PASTED_COPIES",
        Severity.ASK,
        f"Config vars hold a copy of the broker's address: {', '.join(facts.copies)}.",
        "Heroku rewrites only the add-on's own variables, so whatever reads these is cut off by the removal.",
        "let the app read the add-on's variable instead, or change the copies yourself right after the "
        "migration: --accept PASTED_COPIES",
    )
