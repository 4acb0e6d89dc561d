"""The new plan allows the connections of old and new dynos together, as there are in every release.

https://devcenter.heroku.com/articles/dyno-shutdown-behavior
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.connection_verdict import Verdict
from migrate.preflight.finding import Finding, Severity
from migrate.preflight.target_connections import target_connections, ways_to_fit

if TYPE_CHECKING:
    from migrate.facts import Facts


def connections_in_a_release(facts: Facts) -> Finding | None:
    """Given the facts, ask about a smaller plan that is large enough but for releases."""
    found = target_connections(facts)
    if found.judged.verdict is not Verdict.TIGHT or found.grows:
        return None
    return Finding(
        "CONNECTIONS_TIGHT",
        Severity.ASK,
        f"{facts.target} has too few connections for this app in a release: {found.judged.why}",
        "For up to 30 s, with preboot for minutes, new dynos may find no free connection: a worker waits or ends and "
        "is started again, and what a web process cannot publish is lost unless its caller tries again. "
        f"The limit is from {found.allowed.source}.",
        ways_to_fit(facts, found),
    )
