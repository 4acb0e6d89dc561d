"""How a read is repeated until Heroku gives a usable answer: the one door for reads, whoever waits behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from msgspec import Struct

from migrate.errors import HerokuUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.clock import Clock

T = TypeVar("T")
_ATTEMPTS: Final = 5


class Insist(Protocol):
    """Repeats a read."""

    def __call__(self, read: Callable[[], T]) -> T:
        """Given a read, return its answer; raises HerokuUnreachable when it was repeated long enough."""


class Briefly(Struct, frozen=True):
    """Repeats a read a few times, for some 20 s: where nothing was changed yet, a person may as well try later."""

    clock: Clock

    def __call__(self, read: Callable[[], T]) -> T:
        """Given a read, return its answer; raises the last HerokuUnreachable."""
        try:
            return read()
        except HerokuUnreachable as error:
            return self._again(read, error)

    def _again(self, read: Callable[[], T], first: HerokuUnreachable) -> T:
        # It brings asyncio, for which reads that are answered at once need not wait.
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter  # noqa: PLC0415

        errors = [first]

        def attempt() -> T:
            if errors:
                raise errors.pop()
            return read()

        return Retrying(
            retry=retry_if_exception_type(HerokuUnreachable),
            stop=stop_after_attempt(_ATTEMPTS),
            # 1, 2, 4, 8 seconds with jitter: longer than Heroku's usual hiccups.
            wait=wait_exponential_jitter(initial=1, max=15),
            sleep=self.clock.sleep,
            reraise=True,
        )(attempt)
