"""What went through a broker between two readings of its counters: pure functions.

A counter that went back was begun anew by the broker's restart, and a queue that is gone has taken its own along:
then it is not known what went through, which is not "nothing".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.brokers.queues import BY_RULE, EVENTS, MAILBOX, TASKS
from migrate.brokers.report import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migrate.brokers.traffic import Traffic

GONE: Final = "it is gone"
BACK: Final = "its counter went back: the broker was restarted, or the queue was created again"
# https://github.com/celery/kombu/blob/main/kombu/pidbox.py and .../celery/blob/main/celery/events/event.py
_MAILBOXES: Final = re.compile(r"(?:^|\.)pidbox$")
_EVENTS: Final = "celeryev"


class Row(Struct, frozen=True):
    """One queue or exchange."""

    name: str
    kind: str
    """As in the rule that tells queues apart: tasks, events, mailboxes and others."""
    messages: int | None
    """Delivered from a queue, published to an exchange; None where that is not known."""
    why: str = ""
    """Why it is not known."""


class MessageCounts(Struct, frozen=True):
    """What went through a vhost."""

    seconds: float
    published: int | Unreadable
    delivered: int | Unreadable
    exchanges: tuple[Row, ...]
    queues: tuple[Row, ...]
    beyond: int | Unreadable
    """Delivered from queues that are gone: a worker takes its own along when it ends."""

    @property
    def at_least(self) -> int:
        """Messages that were certainly counted: all there were, where both are known."""
        published, delivered = (
            _sum(rows) if isinstance(total, Unreadable) else total
            for total, rows in ((self.published, self.exchanges), (self.delivered, self.queues))
        )
        return published + delivered

    @property
    def unknown(self) -> str:
        """Why there may have been more; empty where there were not."""
        reasons = (item.reason for item in (self.published, self.delivered) if isinstance(item, Unreadable))
        return "; ".join(dict.fromkeys(reasons))

    def of_kind(self, kind: str) -> int:
        """Given a kind, return how many messages of it are known, published and delivered."""
        return _sum(tuple(row for row in (*self.exchanges, *self.queues) if row.kind == kind))


def counts(before: Traffic, after: Traffic, seconds: float) -> MessageCounts:
    """Given two readings and the seconds in between, return what went through."""
    exchanges = tuple(_rows(before.exchanges, after.exchanges, {name: _kind(name) for name in after.exchanges}))
    queues = tuple(
        _rows(
            {name: item.delivered for name, item in before.queues.items()},
            {name: item.delivered for name, item in after.queues.items()},
            {name: _kind_of_queue(name) for name in (*before.queues, *after.queues)},
        )
    )
    delivered = _total(before.delivered, after.delivered, queues)
    return MessageCounts(
        seconds=seconds,
        published=_total(before.published, after.published, exchanges),
        delivered=delivered,
        exchanges=exchanges,
        queues=queues,
        beyond=delivered if isinstance(delivered, Unreadable) else max(0, delivered - _sum(queues)),
    )


def _total(before: int | None, after: int | None, rows: tuple[Row, ...]) -> int | Unreadable:
    """Return the growth of the vhost's own counter, or where it has none, of all its parts."""
    if before is None or after is None:
        unknown = [row for row in rows if row.messages is None]
        return Unreadable(f"{unknown[0].name}: {unknown[0].why}") if unknown else _sum(rows)
    if after < before:
        return Unreadable("the broker's counters went back: it was restarted")
    return after - before


def _rows(before: Mapping[str, int], after: Mapping[str, int], kinds: Mapping[str, str]) -> Iterator[Row]:
    for name in sorted({**before, **after}):
        kind = kinds.get(name, TASKS.name)
        if name not in after:
            yield Row(name, kind, None, GONE)
        elif after[name] < before.get(name, 0):
            yield Row(name, kind, None, BACK)
        else:
            yield Row(name, kind, after[name] - before.get(name, 0))


def _kind(exchange: str) -> str:
    if _MAILBOXES.search(exchange):
        return MAILBOX.name
    return EVENTS.name if exchange == _EVENTS else TASKS.name


def _kind_of_queue(name: str) -> str:
    kind = BY_RULE.kind_by_name(name)
    return kind.name if kind else TASKS.name


def _sum(rows: tuple[Row, ...]) -> int:
    return sum(row.messages or 0 for row in rows)
