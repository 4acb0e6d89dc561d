"""No variable keeps a copy of the broker's address: it would still point to the old broker afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.brokers.pasted_copies import Copy
    from migrate.facts import Facts


def no_pasted_copies(facts: Facts) -> Finding | None:
    """Given the facts, ask for consent when variables that are not rewritten hold a part of the broker's address."""
    left = facts.left_copies
    if not left:
        return None
    return Finding(
        "PASTED_COPIES",
        Severity.ASK,
        f"Config vars or commands hold a copy of the broker's address, and keep it: {'; '.join(map(_told, left))}.",
        "Heroku rewrites only the add-on's own variables, so whatever reads these is cut off "
        + ("if CloudAMQP moves the broker to another host." if facts.strategy == "in-place" else "by the removal."),
        "let the app read the add-on's variable instead, or change the copies yourself right after the "
        "migration: --accept PASTED_COPIES",
    )


def _told(copy: Copy) -> str:
    where = f"{copy.variable} of {copy.app}" if copy.app else copy.variable
    return f"{where} ({copy.holds}: {copy.doubt or 'is to stay'})"
