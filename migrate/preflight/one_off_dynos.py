"""One-off dynos are not restarted: they keep the old configuration for up to a day.

https://devcenter.heroku.com/articles/one-off-dynos
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def one_off_dynos(facts: Facts) -> Finding | None:
    """Given the facts, name the one-off dynos that run now."""
    types = {item.type for item in facts.formation}
    names = [dyno.name for dyno in facts.dynos if dyno.type not in types]
    if not names:
        return None
    return Finding(
        "ONE_OFF_DYNOS",
        Severity.WARN,
        f"One-off dynos are running: {', '.join(names)}.",
        "A release does not restart them: they go on publishing to the old broker until they end.",
        f"heroku ps:stop -d {names[0]} --app {facts.app.name}    (if they publish tasks)",
    )
