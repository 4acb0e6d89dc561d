"""Preboot keeps old web dynos serving, unlisted, for about three minutes after each release.

https://devcenter.heroku.com/articles/preboot
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def preboot(facts: Facts) -> Finding | None:
    """Given the facts, say what preboot costs."""
    if not facts.preboot:
        return None
    return Finding(
        "PREBOOT",
        Severity.WARN,
        "Preboot is on: the old web dynos publish to the old broker for about three minutes more.",
        "`heroku ps` does not show them, so the drain waits for them.",
        f"heroku features:disable preboot --app {facts.app.name}    (to shorten that)",
    )
