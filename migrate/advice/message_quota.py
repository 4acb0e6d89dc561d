"""What a message rate means for a plan: nothing to do, or an error that says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.message_rate import Standing
from migrate.errors import MessageQuotaExceeded, MessageQuotaUnproven
from migrate.wording import sentence

if TYPE_CHECKING:
    from migrate.advice.message_rate import MessageRate


def refuse_excess(rate: MessageRate, plan: str, app: str) -> None:
    """Given a rate and the plan's full name, raise unless the plan certainly has that many messages, or no quota.

    Raises MessageQuotaExceeded or MessageQuotaUnproven.
    """
    if rate.standing is Standing.OVER:
        raise MessageQuotaExceeded(
            f"At this rate {app} needs more messages than {plan} has.",
            why=f"At least {rate.least_a_month:,} in 30 days, and the plan has {rate.quota:,}. "
            "Past the quota CloudAMQP blocks publishing.",
            next=_saving(rate, app),
        )
    if rate.standing is Standing.CLOSE:
        raise MessageQuotaUnproven(
            f"Whether {plan} has enough messages for {app} is too close to tell.",
            why=f"Between {rate.least_a_month:,} and {rate.most_a_month or 0:,} in 30 days, and it has "
            f"{rate.quota:,}: the broker's counters are up to 10 s late.",
            next=f"migrate-plan messages --app {app} --seconds {max(600, round(rate.seconds) * 4)}",
        )
    if rate.standing is Standing.UNKNOWN and rate.quota is None:
        raise MessageQuotaUnproven(
            f"How many messages a month {plan} has is not known.",
            why=f"{_about(rate)} in 30 days at this rate.",
            next=f"migrate-plan messages --app {app} --quota N    (N is on https://www.cloudamqp.com/plans.html)",
        )
    if rate.standing is Standing.UNKNOWN:
        raise unproven(rate.unknown)


def unproven(reason: str) -> MessageQuotaUnproven:
    """Given why messages could not be counted, return the error."""
    return MessageQuotaUnproven(
        "Not all messages could be counted.", why=sentence(reason), next="the same command again"
    )


def _about(rate: MessageRate) -> str:
    return f"At least {rate.least_a_month:,}" if rate.a_month is None else f"About {rate.a_month:,}"


def _saving(rate: MessageRate, app: str) -> str:
    if rate.quota is not None and rate.events_a_month and rate.least_a_month - rate.events_a_month <= rate.quota:
        return "start workers with --without-gossip --without-mingle --without-heartbeat, and count again"
    return f"migrate-plan plans --app {app}"
