"""Request tokens: each account has its own, https://devcenter.heroku.com/articles/platform-api-reference#rate-limits."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

from aiohttp import web

from migrate.sandbox.platform import access
from migrate.sandbox.refusals import Refused

if TYPE_CHECKING:
    from migrate.sandbox.settings import SandboxSettings


class RateLimit:
    """The tokens of one account, refilled all the time; a changed limit starts out full."""

    def __init__(self) -> None:
        self._limit = self._left = 0.0
        self._seen = time.monotonic()

    def remaining(self, settings: SandboxSettings) -> int:
        """Return the tokens left now."""
        moment = time.monotonic()
        refill = (moment - self._seen) * settings.rate_refill_per_minute / 60
        full = settings.rate_limit if settings.rate_limit != self._limit else self._left + refill
        self._limit, self._left, self._seen = settings.rate_limit, min(full, settings.rate_limit), moment
        return int(self._left)

    def take(self, settings: SandboxSettings) -> None:
        """Spend one token, or refuse with 429."""
        if self.remaining(settings) < 1:
            raise Refused(429, "rate_limit", "Your account reached the API rate limit. Please wait a few minutes.")
        self._left -= 1


LIMITS = web.AppKey("rate_limits", defaultdict[str, RateLimit])


def of(request: web.Request) -> RateLimit:
    """Return the rate limit of whoever asks; those without a token share one."""
    caller = request.get(access.CALLER)
    return request.app[LIMITS][caller.account.id if caller else ""]
