"""The new plan allows the connections that the app opens at work.

At the limit a broker refuses every further connection, and a task that cannot be published is lost unless its caller
tries again. https://www.rabbitmq.com/docs/vhosts#limits
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.connection_verdict import Verdict
from migrate.preflight.finding import Finding, Severity
from migrate.preflight.target_connections import target_connections, ways_to_fit

if TYPE_CHECKING:
    from migrate.facts import Facts


def connections_fit(facts: Facts) -> Finding | None:
    """Given the facts, ask about a smaller plan on which the app would stand at its limit.

    Not a refusal without a way on: the figure is an estimate, and the limit one that a page has said some time.
    """
    found = target_connections(facts)
    if found.judged.verdict is not Verdict.TOO_MANY or found.grows:
        return None
    return Finding(
        "CONNECTIONS_TOO_MANY",
        Severity.ASK,
        f"{facts.target} has too few connections for this app: {found.judged.why}",
        "The broker refuses those above its limit, and a task that cannot be published is lost unless its caller "
        f"tries again. The limit is from {found.allowed.source}.",
        ways_to_fit(facts, found),
    )
