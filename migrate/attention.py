"""Looking after those who drain while the broker is watched: seldom, because each look is a call to Heroku."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from migrate.drain_dynos import refuse_lost
from migrate.platform import at_least
from migrate.workforce import are_down

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrate.platform import Dyno
    from migrate.run import Run

LOOK_SECONDS: Final = 15.0
"""Of 4500 calls an hour that Heroku allows an account, these are 240."""


@dataclass
class Attention:
    """Looks at the app's dynos now and then."""

    run: Run
    _paid: float = float("-inf")
    _said: set[str] = field(default_factory=set)

    def pay(self) -> None:
        """Look if the last look is long enough ago, and say what is new; raises DrainDynoLost."""
        now = self.run.clock.monotonic()
        if now - self._paid < LOOK_SECONDS:
            return
        self._paid = now
        migration, dynos = self.run.migration, self.run.heroku.dynos(self.run.app)
        refuse_lost(self.run, dynos)
        if not are_down(self.run.journal):
            trouble = worker_trouble(self.run.app, at_least(migration.formation, migration.scale_up), dynos)
            for text in trouble - self._said:
                self.run.note(text)
            self._said = trouble


def worker_trouble(app: str, formation: Mapping[str, int], dynos: Sequence[Dyno]) -> set[str]:
    """Given an app, how many worker dynos there should be and its dynos now, say what keeps these from draining."""
    crashed = {dyno.name for dyno in dynos if dyno.type in formation and dyno.state == "crashed"}
    types = {dyno.type for dyno in dynos}
    gone = {name: count for name, count in formation.items() if count and name not in types}
    return {
        *(f"{name} has crashed, and drains nothing. heroku logs --dyno {name} --app {app}" for name in crashed),
        *(
            f"No {name} dyno is there any more, where there were {count}. heroku ps:scale {name}={count} --app {app}"
            for name, count in gone.items()
        ),
    }
