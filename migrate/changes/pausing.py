"""Process types that must not run meanwhile, such as beat: scaled to 0 and put back, each once; makes no release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from migrate.changes.effects import Effect
from migrate.changes.formation import find_scaled, quantities, send_scaling
from migrate.changes.marks import refuse_foreign_mark
from migrate.errors import WorldChanged
from migrate.waits import Waiting
from migrate.wording import listed
from migrate.workers.workforce import typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.run import Run
    from migrate.store.journal import Journal
    from migrate.workers.workforce import Quantities

    Body = Mapping[str, Any]

PAUSE: Final = "pause"
"""The effect that takes them to 0; its outcome has the quantities ``found`` and ``set``."""
UNPAUSE: Final = "unpause"


def pausing() -> Effect:
    """Return the effect that takes the types to 0 that the operator named."""
    return Effect(PAUSE, _before_pausing, send_scaling, find_scaled, refuse_foreign_mark, _look_at)


def unpausing() -> Effect:
    """Return the effect that puts them back where they are still at 0."""
    return Effect(UNPAUSE, _before_unpausing, send_scaling, find_scaled, refuse_foreign_mark, _look_at)


def paused(journal: Journal) -> Quantities:
    """Return how many dynos there were of the types that are at 0 by this migration's doing; empty for none."""
    done = journal.outcome(PAUSE)
    return dict(done["found"]) if done is not None and journal.outcome(UNPAUSE) is None else {}


def wait_until_paused(run: Run) -> None:
    """Wait until no dyno of those types is left; raises WorldChanged when somebody has scaled them up again."""
    types = paused(run.journal).keys()

    def look() -> bool | Waiting:
        now = quantities(run)
        if others := {name: now[name] for name in types if now.get(name)}:
            raise WorldChanged(
                "Somebody has scaled up what this migration has paused.",
                why=f"There should be {', '.join(f'{count} {name}' for name, count in others.items())} now.",
                next=typed(run.app, dict.fromkeys(others, 0)),
            )
        names = [dyno.name for dyno in run.heroku.dynos(run.app) if dyno.type in types]
        return Waiting(f"{listed(names)} shutting down") if names else True

    run.waiter.until(look, run.limits.dynos)


def changed_meanwhile(run: Run) -> dict[str, int | None]:
    """Return the paused types that somebody has scaled since, with their quantities; None for one that is gone."""
    now = quantities(run)
    return {name: now.get(name) for name in paused(run.journal) if now.get(name) != 0}


def _before_pausing(run: Run) -> Body:
    now = quantities(run)
    found = {name: now[name] for name in run.migration.paused if now.get(name)}
    return {"found": found, "set": dict.fromkeys(found, 0)}


def _before_unpausing(run: Run) -> Body:
    left = changed_meanwhile(run)
    return {"set": {name: count for name, count in paused(run.journal).items() if name not in left}}


def _look_at(run: Run, _intent: Body) -> str:
    return f"heroku ps --app {run.app}    (are there dynos of {listed(tuple(run.migration.paused))}?)"
