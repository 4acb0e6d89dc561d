"""On a smaller plan it is known that the app's connections fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.connection_verdict import Verdict
from migrate.preflight.finding import Finding, Severity
from migrate.preflight.target_connections import target_connections, ways_to_fit

if TYPE_CHECKING:
    from migrate.facts import Facts


def connections_counted(facts: Facts) -> Finding | None:
    """Given the facts, warn of a plan with fewer connections where not all that the app opens is known."""
    found = target_connections(facts)
    if found.judged.verdict is not Verdict.UNKNOWN or found.allowed.connections is None or found.grows:
        return None
    return Finding(
        "CONNECTIONS_UNCOUNTED",
        Severity.WARN,
        f"Whether {facts.target} has enough connections for this app is not known: {found.judged.why}",
        f"The figures are lower bounds. The limit is from {found.allowed.source}.",
        ways_to_fit(facts, found),
    )
