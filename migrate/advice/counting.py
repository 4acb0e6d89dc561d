"""Counts what goes through a broker for a while, with GETs alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.advice.message_counts import counts
from migrate.advice.message_quota import unproven
from migrate.brokers.report import BrokerUnreadable, Unreadable
from migrate.clients.broker import readable
from migrate.waits import Patience, Waiter, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.advice.message_counts import MessageCounts
    from migrate.brokers.traffic import Traffic
    from migrate.clock import Clock

_AGAIN: Final = Patience(deadline=30, interval=2)
"""For the second reading, before which all that time was spent."""


def count_messages(
    read: Callable[[], Traffic], seconds: float, clock: Clock, on_wait: Callable[[Waiting], None]
) -> MessageCounts:
    """Given what reads a vhost's counters, and for how many seconds to count, return what went through meanwhile.

    Raises MessageQuotaUnproven where they cannot be read.
    """
    before = readable(read)
    if isinstance(before, Unreadable):
        raise unproven(before.reason)
    began = clock.monotonic()
    waiter = Waiter(clock, on_wait)

    def elapsed() -> bool | Waiting:
        left = began + seconds - clock.monotonic()
        reason = f"counting messages for {left:.0f} s more"
        return Waiting(reason, {"seconds_left": round(left)}, min(left, 1.0)) if left > 0 else True

    waiter.until(elapsed, Patience(deadline=seconds + 1, interval=1.0))
    after = waiter.until(lambda: _read(read), _AGAIN, lambda last: unproven(last.reason))
    return counts(before, after, clock.monotonic() - began)


def _read(read: Callable[[], Traffic]) -> Traffic | Waiting:
    try:
        return read()
    except BrokerUnreadable as error:
        return Waiting(f"the counters could not be read: {error}")
