"""Heroku's budget of calls for one account: left in peace when it is used up, spared when it is low.

4500 calls, refilled by about 75 a minute; each reply says how many are left, and 429 that none is.
https://devcenter.heroku.com/articles/platform-api-reference#rate-limits
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from migrate.clients.heroku_refusals import RATE_LIMITED
from migrate.errors import RateLimited

if TYPE_CHECKING:
    from migrate.clients.heroku_refusals import Reply
    from migrate.clock import Clock

LOW: Final = 300
"""Below so many calls, four minutes of refill, reads are spaced out; writes are few and never are."""
LIMIT: Final = 4500
"""So many an account has that has not spent any."""
SPARE: Final = 600
"""Below so many calls no further app of a fleet begins: those that have begun may need them."""
CALLS_AN_APP: Final = 100
"""So many are kept for each app that has begun: `make bench-fleet` counts 63 to 65, with two brokers twice that.
One that stops half-way for want of calls may be eager, or have no broker, for as long as they take to come back."""
REFILL_A_SECOND: Final = 75 / 60
SPACING_SECONDS: Final = 2.0
"""30 reads a minute, so that the budget grows while others use the account too."""
_FIRST_PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 600.0
# Heroku documents no Retry-After; its own client waits from 30 s on, doubling:
# https://github.com/heroku/heroku-go/blob/master/v6/round_trip_with_retry_backoff.go


@dataclass
class RateLimit:
    """What Heroku last said of the budget."""

    clock: Clock
    remaining: int | None = None
    _pause: float = 0.0
    _closed_until: float = 0.0
    _spaced_until: float = 0.0
    _heard: float = 0.0

    def check(self, method: str, *, first: bool = False) -> None:
        """Raise RateLimited while a call of that method should not be sent.

        ``first``: whether it is for an app in its eager window, which others are spaced out for.
        """
        now = self.clock.monotonic()
        if (left := self._closed_until - now) > 0:
            raise RateLimited(
                "Heroku's rate limit for this account is reached.",
                why=f"No call is sent for another {left:.0f} s.",
                next="find out what else uses this account's calls, and run the same command again in some minutes",
            )
        if method == "GET" and now < self._spaced_until and not first:
            raise RateLimited(
                f"This account has {self.remaining} calls left at Heroku.",
                why=f"Below {LOW} there are {SPACING_SECONDS:.0f} s between reads.",
                next="run the same command again in some minutes",
            )

    def has_spare(self, others: int) -> bool:
        """Whether there are calls for one more app beside others, by what Heroku said last and what has come back.

        Heroku counts by account, so that every process hears of the calls of all others.
        """
        now = self.clock.monotonic()
        if now < self._closed_until:
            return False
        left = LIMIT if self.remaining is None else self.remaining + (now - self._heard) * REFILL_A_SECOND
        return left - others * CALLS_AN_APP >= SPARE

    def hear(self, reply: Reply) -> None:
        """Given a reply, keep what it says of the budget."""
        remaining = reply.headers.get("RateLimit-Remaining", "")
        now = self.clock.monotonic()
        if remaining.isdecimal():
            self.remaining, self._heard = int(remaining), now
        if reply.status == RATE_LIMITED:
            self._pause = min(2 * self._pause or _FIRST_PAUSE, LONGEST_PAUSE)
            self._closed_until = now + _asked_for(reply.headers.get("Retry-After"), self._pause)
            return
        self._pause = 0.0
        low = self.remaining is not None and self.remaining < LOW
        self._spaced_until = now + SPACING_SECONDS if low else 0.0


def _asked_for(retry_after: str | None, otherwise: float) -> float:
    try:
        seconds = Retry().parse_retry_after(retry_after) if retry_after else otherwise
    except InvalidHeader:
        return otherwise
    return min(max(seconds, 1.0), LONGEST_PAUSE)
