"""Counts are those of the queues themselves, not those of a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.report import Unreadable
from migrate.drain.verdict import SETTLE_LAGGING
from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def counts_cached(facts: Facts) -> Finding | None:
    """Given the facts, say so when the server was asked for live counts and gave others."""
    queues = facts.broker.queues
    if isinstance(queues, Unreadable) or queues.live or not queues.queues:
        return None
    return Finding(
        "COUNTS_CACHED",
        Severity.WARN,
        f"The server ({facts.broker.version}) gives counts that may be seconds old.",
        f"LavinMQ and RabbitMQ before 3.8.3 do. All must stay empty for {SETTLE_LAGGING:.0f} s on end, which covers "
        "a statistics interval of 5 s, the default.",
        "nothing, unless collect_statistics_interval was raised on the broker: then lower it first",
    )
