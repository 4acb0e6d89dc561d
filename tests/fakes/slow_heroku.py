"""Fake Herokus that take their time as Heroku does: each answer, a release, an add-on, dynos that start anew.

How long is drawn for each app once, so that a run can be repeated, and so that apps differ.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from fakes.heroku import FakeHeroku
from fakes.heroku_server import Account

if TYPE_CHECKING:
    from migrate.platform import Dyno

ANSWER_SECONDS: Final = 0.1
RELEASE_SECONDS: Final = (1.0, 3.0)
ADD_ON_SECONDS: Final = (2.0, 5.0)
RESTART_SECONDS: Final = (3.0, 8.0)
"""Until the dynos of a release are up. Celery needs as long again on a small dyno; this is the least."""


class SlowHeroku(FakeHeroku):
    """One whose dynos take a while to be up after each release."""

    def __init__(self, name: str, fast: float = 1.0) -> None:
        chance = random.Random(name)
        self.release, self.add, self.restart = (
            chance.uniform(*seconds) / fast for seconds in (RELEASE_SECONDS, ADD_ON_SECONDS, RESTART_SECONDS)
        )
        super().__init__(name=name)
        self._released = time.monotonic() - self.restart

    @property
    def worker_dynos(self) -> tuple[Dyno, ...]:
        """Those that are up; no others are at a broker."""
        return tuple(dyno for dyno in super().worker_dynos if dyno.state == "up")

    def _dynos(self) -> tuple[Dyno, ...]:
        up = time.monotonic() - self._released >= self.restart
        return tuple(dyno if up else replace(dyno, state="starting") for dyno in super()._dynos())

    def _release(self, write: str, config: dict[str, str], description: str = "") -> None:
        super()._release(write, config, description)
        self._released = time.monotonic()


@dataclass
class SlowAccount(Account):
    """Their account, on a clock that may be ``fast`` times as fast."""

    fast: float = 1.0

    @classmethod
    def of(cls, *names: str, **settings: Any) -> SlowAccount:
        """Return the account of so many apps."""
        fast = settings.get("fast", 1.0)
        return cls({name: SlowHeroku(name, fast) for name in names}, **settings)

    def takes(self, method: str, path: str) -> float:
        """Return in how many seconds a call is answered."""
        app = self.apps.get(path.split("/")[2]) if path.startswith("/apps/") else None
        if method == "GET" or not isinstance(app, SlowHeroku):
            return ANSWER_SECONDS / self.fast
        return app.add if "/addons" in path else app.release
