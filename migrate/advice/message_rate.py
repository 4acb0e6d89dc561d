"""What a broker's messages come to in a month, against what the plan has: pure functions.

A month is 30 days. Counters are up to 10 s late, so that what was counted in 60 s took between 50 and 70: by these
the least and the most are reckoned, and only what is certain of both is called within the quota.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.advice.plan_limits import UNMETERED, limits_of
from migrate.brokers.plan_pairs import kind_of_plan
from migrate.brokers.queues import EVENTS, MAILBOX
from migrate.brokers.report import Unreadable
from migrate.lookout.leaks import STATISTICS_LAG

if TYPE_CHECKING:
    from migrate.advice.message_counts import MessageCounts, Row

MONTH: Final = 30 * 24 * 60 * 60
"""Seconds."""
SHORTEST: Final = 2 * STATISTICS_LAG
"""Seconds between two readings below which their difference says nothing."""


class Standing(StrEnum):
    """How a rate and a quota compare."""

    WITHIN = "within"
    OVER = "over"
    CLOSE = "close"
    """Within or over: the counters are too late to tell."""
    UNKNOWN = "unknown"
    """No quota is known for the plan, or not all messages could be counted."""
    UNMETERED = "unmetered"
    """The plan has no monthly quota."""


class Quota(Struct, frozen=True):
    """Messages that a plan has a month."""

    messages: int | None
    """None where it is not known, or where there is none."""
    source: str
    """Who says so; empty where nobody does."""
    is_metered: bool = True
    """False where it is known that there is none."""


class RateRow(Struct, frozen=True):
    """One queue or exchange."""

    place: str
    """queue or exchange."""
    name: str
    kind: str
    a_second: float | None
    """Delivered from the queue, published to the exchange; None where that is not known."""
    why: str
    """Why it is not known; empty where it is."""


class MessageRate(Struct, frozen=True):
    """What was measured, and what it comes to."""

    seconds: float
    published: float | None
    """A second; None where it is not known."""
    delivered: float | None
    """Likewise."""
    beyond: float | None
    """Of these, delivered a second from queues that are gone."""
    unknown: str
    """What could not be counted, and why; empty where all could."""
    a_month: int | None
    """Messages in 30 days at this rate; None where it is not known."""
    least_a_month: int
    most_a_month: int | None
    """None where it is not known."""
    events_a_month: int
    """Of these, what workers tell each other and monitors: the three flags and no events of tasks save it."""
    mailboxes_a_month: int
    """Of these, remote control: inspect, Flower, this program's own questions, and mingle when a worker starts."""
    quota: int | None
    quota_source: str
    standing: Standing
    rows: tuple[RateRow, ...]
    """By messages, most first."""


def quota_of(plan: str, given: int | None = None) -> Quota:
    """Given a plan's full name, and what the operator says that it has, return what it has; 0 says: no quota."""
    if given is not None:
        return Quota(given or None, "--quota", is_metered=given > 0)
    kind = kind_of_plan(plan)
    limits = limits_of(kind)
    known = limits.messages_a_month is not None or kind in UNMETERED
    return Quota(limits.messages_a_month, limits.source if known else "", is_metered=kind not in UNMETERED)


def message_rate(counted: MessageCounts, quota: Quota) -> MessageRate:
    """Given what was counted and what the plan has, return the rate and what it comes to."""
    total = None if counted.unknown else counted.at_least
    least = _a_month(counted.at_least, counted.seconds + STATISTICS_LAG)
    most = None if total is None else _a_month(total, counted.seconds - STATISTICS_LAG)
    return MessageRate(
        seconds=counted.seconds,
        published=_a_second(counted.published, counted.seconds),
        delivered=_a_second(counted.delivered, counted.seconds),
        beyond=_a_second(counted.beyond, counted.seconds),
        unknown=counted.unknown,
        a_month=None if total is None else _a_month(total, counted.seconds),
        least_a_month=least,
        most_a_month=most,
        events_a_month=_a_month(counted.of_kind(EVENTS.name), counted.seconds),
        mailboxes_a_month=_a_month(counted.of_kind(MAILBOX.name), counted.seconds),
        quota=quota.messages,
        quota_source=quota.source,
        standing=_standing(least, most, quota),
        rows=_rows(counted),
    )


def _standing(least: int, most: int | None, quota: Quota) -> Standing:
    if not quota.is_metered:
        return Standing.UNMETERED
    if quota.messages is None:
        return Standing.UNKNOWN
    if least > quota.messages:
        return Standing.OVER
    if most is None:
        return Standing.UNKNOWN
    return Standing.WITHIN if most <= quota.messages else Standing.CLOSE


def _rows(counted: MessageCounts) -> tuple[RateRow, ...]:
    found = [_row("exchange", row, counted.seconds) for row in counted.exchanges if row.messages != 0]
    found += [_row("queue", row, counted.seconds) for row in counted.queues if row.messages != 0]
    return tuple(sorted(found, key=lambda row: (row.a_second is None, -(row.a_second or 0), row.name)))


def _row(place: str, row: Row, seconds: float) -> RateRow:
    rate = None if row.messages is None else row.messages / seconds
    return RateRow(place, row.name, row.kind, rate, row.why)


def _a_second(messages: int | Unreadable, seconds: float) -> float | None:
    return None if isinstance(messages, Unreadable) else messages / seconds


def _a_month(messages: int, seconds: float) -> int:
    return round(messages / seconds * MONTH)
