"""No other app is attached: it would lose its broker with the removal.

https://devcenter.heroku.com/articles/managing-add-ons#sharing-add-ons
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def attached_here_only(facts: Facts) -> Finding | None:
    """Given the facts, refuse an add-on that other apps are attached to, and list them."""
    others = sorted({item.app for item in facts.attachments if item.app != facts.app.name})
    if not others:
        return None
    return Finding(
        "SHARED_ADD_ON",
        Severity.REFUSE,
        f"Other apps are attached to {facts.add_on.name}: {', '.join(others)}.",
        "They publish to the same broker and would lose it; a migration moves one app.",
        f"heroku addons:detach NAME --app {others[0]}    (or move those apps first)",
    )
