"""How a read is repeated until Heroku gives a usable answer: the one door for reads, whoever waits behind it."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from migrate.errors import HerokuUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.clock import Clock

T = TypeVar("T")
_PAUSES: Final = (1, 2, 4, 8)
"""Seconds, and up to one more by chance: longer than Heroku's usual hiccups."""


class Insist(Protocol):
    """Repeats a read."""

    def __call__(self, read: Callable[[], T]) -> T:
        """Given a read, return its answer; raises HerokuUnreachable when it was repeated long enough."""


@dataclass(frozen=True)
class Briefly:
    """Repeats a read a few times, for some 20 s: where nothing was changed yet, a person may as well try later."""

    clock: Clock

    def __call__(self, read: Callable[[], T]) -> T:
        """Given a read, return its answer; raises the last HerokuUnreachable."""
        for pause in _PAUSES:
            with suppress(HerokuUnreachable):
                return read()
            self.clock.sleep(pause + random.random())
        return read()
