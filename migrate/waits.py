"""Every wait of the program: a deadline, an interval, a reason that is shown, and an end at bad news.

A probe answers with what was waited for, or with ``Waiting`` and why; trouble that passes counts as one
more reason to wait. Built on tenacity, with the clock injected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

from migrate.brokers.report import BrokerUnreadable
from migrate.errors import HerokuUnreachable, MigrateError, WaitExpired

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenacity import RetryCallState

    from migrate.clock import Clock

T = TypeVar("T")
_LEAST: Final = 0.001
"""Seconds of a pause: by what rounding leaves of the last one before a deadline no clock gets on."""


class Waiting(Struct, frozen=True):
    """Not yet, and why; ``detail`` is for whoever draws progress."""

    reason: str
    detail: Mapping[str, Any] | None = None
    again: float | None = None
    """Seconds until it is worth looking again; None: the interval of whoever waits."""


class Patience(Struct, frozen=True):
    """How long a wait may last and how often it looks, both in seconds."""

    deadline: float
    interval: float
    longest: float | None = None
    """The interval that it grows to, a tenth of the time so far, where each look costs a call; None: it does not."""

    def pause(self, waited: float) -> float:
        """Given the seconds so far, return those until the next look."""
        return self.interval if self.longest is None else max(self.interval, min(self.longest, waited / 10))


class Waiter(Struct, frozen=True):
    """Waits with one clock, and tells one listener what it waits for."""

    clock: Clock
    on_wait: Callable[[Waiting], None]

    def until(
        self,
        probe: Callable[[], T | Waiting],
        patience: Patience,
        expired: Callable[[Waiting], MigrateError] | None = None,
    ) -> T:
        """Given a probe, return its first answer that is no Waiting.

        Raises what ``expired`` makes of the last reason (WaitExpired by default) at the deadline, and
        whatever the probe raises at once: a terminal bad state is not waited out.
        """
        began, look = self.clock.monotonic(), _calm(probe)
        first = look()
        if not isinstance(first, Waiting):
            return first
        # It brings asyncio, for which commands that wait for nothing need not wait.
        from tenacity import Retrying, retry_if_result  # noqa: PLC0415

        looked = [first]

        def stop(_state: RetryCallState) -> bool:
            return self.clock.monotonic() - began >= patience.deadline

        def pause(state: RetryCallState) -> float:
            again = _waiting(state).again
            if again is None:
                return patience.pause(self.clock.monotonic() - began)
            return max(_LEAST, min(again, began + patience.deadline - self.clock.monotonic()))

        def tell(state: RetryCallState) -> None:
            self.on_wait(_waiting(state))

        def give_up(state: RetryCallState) -> T:
            raise (expired or _expired(patience.deadline))(_waiting(state))

        retrying = Retrying(
            retry=retry_if_result(lambda result: isinstance(result, Waiting)),
            stop=stop,
            wait=pause,
            sleep=self.clock.sleep,
            before_sleep=tell,
            retry_error_callback=give_up,
        )
        result = retrying(lambda: looked.pop() if looked else look())
        if isinstance(result, Waiting):
            raise TypeError("tenacity returned a result that it was told to retry")
        return result

    def outlast(self, read: Callable[[], T], patience: Patience) -> T:
        """Given a read of Heroku, return its answer, after an outage if need be.

        Raises HerokuUnreachable when the outage lasts longer than the patience.
        """

        def expired(last: Waiting) -> HerokuUnreachable:
            return HerokuUnreachable(
                f"Heroku could not be asked for {patience.deadline / 60:.0f} minutes.",
                why=last.reason,
                next="see https://status.heroku.com",
            )

        return self.until(read, patience, expired)


def _calm(probe: Callable[[], T | Waiting]) -> Callable[[], T | Waiting]:
    def look() -> T | Waiting:
        try:
            return probe()
        except HerokuUnreachable as error:
            return Waiting(f"{error.what} {error.why}")
        except BrokerUnreadable as error:
            return Waiting(f"the broker could not be read: {error}")

    return look


def _waiting(state: RetryCallState) -> Waiting:
    result = state.outcome.result() if state.outcome else None
    return result if isinstance(result, Waiting) else Waiting("no reading yet")


def _expired(deadline: float) -> Callable[[Waiting], MigrateError]:
    def error(last: Waiting) -> MigrateError:
        return WaitExpired(f"Still waiting after {deadline:.0f} s.", why=last.reason, next="")

    return error
