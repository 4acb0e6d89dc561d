"""Looking after those who drain while the broker is watched: seldom, because each look is a call to Heroku."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from migrate.drain.dynos import refuse_lost
from migrate.errors import WorldChanged
from migrate.platform import at_least
from migrate.wording import listed
from migrate.workers.quiet import take_off
from migrate.workers.workforce import are_down, left, typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrate.platform import Dyno
    from migrate.run import Run

LOOK_SECONDS: Final = 15.0
"""Of 4500 calls an hour that Heroku allows an account, these are 240."""
AT_0_SECONDS: Final = 5.0
"""While the worker dynos are kept at 0: so that a new one is seen before it has booted, which takes longer."""


@dataclass
class Attention:
    """Looks at the app's dynos now and then."""

    run: Run
    _paid: float = float("-inf")
    _said: set[str] = field(default_factory=set)

    def pay(self) -> None:
        """Look if the last look is long enough ago, and say what is new; raises DrainDynoLost or WorldChanged."""
        now, down = self.run.clock.monotonic(), are_down(self.run.journal)
        if now - self._paid < (AT_0_SECONDS if down else LOOK_SECONDS):
            return
        self._paid = now
        migration, dynos = self.run.migration, self.run.heroku.dynos(self.run.app)
        refuse_lost(self.run, dynos)
        if down:
            refuse_workers(self.run, dynos)
            return
        trouble = worker_trouble(self.run.app, at_least(migration.formation, migration.scale_up), dynos)
        for text in trouble - self._said:
            self.run.note(text)
        self._said = trouble


def refuse_workers(run: Run, dynos: Sequence[Dyno]) -> None:
    """Given the app's dynos, raise WorldChanged when there are worker dynos though this migration keeps them at 0.

    Those that are eager are taken off their queues at once, as far as they answer yet.
    """
    types = left(run.journal)
    names = [dyno.name for dyno in dynos if dyno.type in types]
    if not names:
        return
    broker = run.broker()
    nodes = broker.control.report(settings=True).nodes
    take_off(run, broker, [node for node in nodes if node.is_eager])
    raise WorldChanged(
        f"Worker dynos run that this migration keeps at 0: {listed(names)}.",
        why="Somebody has scaled them up, perhaps a program that looks at the queues. They may be eager, and would "
        "lose what follows in the chains that they drain.",
        next=typed(run.app, dict.fromkeys(types, 0)),
    )


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
