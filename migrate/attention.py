"""Looking after the dynos that drain while the broker is watched: seldom, because each look is a call to Heroku."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from migrate.drain_dynos import refuse_lost

if TYPE_CHECKING:
    from migrate.run import Run

LOOK_SECONDS: Final = 15.0
"""Of 4500 calls an hour that Heroku allows an account, these are 240."""


@dataclass
class Attention:
    """Looks at the app's dynos now and then."""

    run: Run
    _paid: float = float("-inf")

    def pay(self) -> None:
        """Look if the last look is long enough ago; raises DrainDynoLost."""
        now = self.run.clock.monotonic()
        if now - self._paid < LOOK_SECONDS or self.run.migration.drain_by != "dynos":
            return
        self._paid = now
        refuse_lost(self.run, self.run.heroku.dynos(self.run.app))
