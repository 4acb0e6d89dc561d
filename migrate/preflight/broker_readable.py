"""The broker can be read: what cannot be read is never taken for empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.report import Unreadable
from migrate.preflight.finding import Finding, Severity
from migrate.wording import sentence

if TYPE_CHECKING:
    from migrate.facts import Facts


def broker_readable(facts: Facts) -> Finding | None:
    """Given the facts, refuse when queues, consumers or exchanges could not be read."""
    for reading in (facts.broker.queues, facts.broker.consumers, facts.broker.inventory):
        if isinstance(reading, Unreadable):
            return Finding(
                "BROKER_UNREADABLE",
                Severity.REFUSE,
                "The queues of the broker cannot be read.",
                sentence(reading.reason),
                "migrate-plan --rabbitmq-api URL ...    (or set MIGRATE_RABBITMQ_API, when it is not at https://HOST)",
            )
    return None
