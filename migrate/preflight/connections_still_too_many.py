"""A plan with more connections than the old one has enough of them, now that one moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.connection_verdict import Verdict
from migrate.preflight.finding import Finding, Severity
from migrate.preflight.target_connections import target_connections, ways_to_fit

if TYPE_CHECKING:
    from migrate.facts import Facts


def connections_still_too_many(facts: Facts) -> Finding | None:
    """Given the facts, warn of a plan that is no smaller than the old one and yet too small by the estimate."""
    found = target_connections(facts)
    if found.judged.verdict not in {Verdict.TOO_MANY, Verdict.TIGHT} or not found.grows:
        return None
    return Finding(
        "CONNECTIONS_STILL_TOO_MANY",
        Severity.WARN,
        f"By the estimate {facts.target} has too few connections for this app: {found.judged.why}",
        "It allows as many as the plan now, or more, so the migration makes nothing worse. "
        f"The limit is from {found.allowed.source}.",
        ways_to_fit(facts, found),
    )
