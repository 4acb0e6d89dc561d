"""A new add-on may bring a newer RabbitMQ than the old one, on which Celery meets other rules.

CloudAMQP's new instances had 4.1.4 in November 2025. Which one it is, only the new broker can say: copy-topology
tells it then. https://www.cloudamqp.com/docs/rabbitmq-version.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.moved import setting_of
from migrate.brokers.plan_pairs import LAVINMQ, kind_of_plan
from migrate.brokers.report import Unreadable
from migrate.brokers.versions import NEWEST, differences, version
from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def newer_broker(facts: Facts) -> Finding | None:
    """Given the facts, warn of what may be different on the new broker, as long as nobody can ask it."""
    old = version(facts.broker.version)
    if kind_of_plan(facts.target) in LAVINMQ:
        return None
    found = differences(old, NEWEST, setting_of(facts.broker))
    if not found:
        return None
    return Finding(
        "NEWER_BROKER",
        Severity.WARN,
        f"The old broker is {_which(facts.broker.version)}; the new one may be RabbitMQ 4, up to 4.3, on which some "
        "things are different.",
        " ".join(found),
        "see to what concerns this app; which version it is, the migration says once the new broker answers",
    )


def _which(said: str | Unreadable) -> str:
    if isinstance(said, Unreadable):
        return f"of a version that could not be read ({said.reason})"
    known = version(said)
    return str(known) if known else "of a version that it does not say"
