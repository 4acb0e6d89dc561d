"""How many workers there are, by what the journal says was done to their dynos.

A migration may take the worker dynos to 0, for a while or until its end, and put them back as they were. Every
count of workers that must answer depends on how far that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from migrate.migration import TURNED_ROUND
from migrate.workers.drain_places import DRAINS, bridge_places, places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.migration import Migration
    from migrate.store.journal import Journal
    from migrate.workers.drain_places import Place

    Quantities = Mapping[str, int]
    """How many dynos, by process type."""

DOWN: Final = "workers-down"
"""The effect that takes the worker dynos to 0; its outcome has the quantities ``found`` and ``set``. A migration may
do so more than once: the effects of the second time have its number behind their names."""
SCALE_UP: Final = "scale-up"
"""The effect that starts worker dynos where there were none or too few; its outcome has the same."""
UP: Final = "workers-up"
"""The effect that undoes either."""
DRAIN_DYNOS_STOPPED: Final = "stop-drain-dynos"
"""The step after which no drain dyno is left."""
ELSEWHERE: Final = "workers-elsewhere"
"""The note of how many workers answered when no worker dyno was left: somebody else's."""
HERE: Final = "workers-here"
"""The note of how many workers are on the new broker before copies of the old one's address are rewritten."""


def this_time(effect: str, journal: Journal) -> str:
    """Given DOWN, SCALE_UP or UP, return the name that the effect has now: another one once all was put back."""
    time = 1
    while journal.outcome(_numbered(UP, time)) is not None:
        time += 1
    return _numbered(effect, time)


def last_up(journal: Journal) -> str | None:
    """Return the name of the effect that put the formation back last, None where none did."""
    time = 1
    while journal.outcome(_numbered(UP, time)) is not None:
        time += 1
    return _numbered(UP, time - 1) if time > 1 else None


def are_down(journal: Journal) -> bool:
    """Whether the worker dynos are at 0 by this migration's doing."""
    return journal.outcome(this_time(DOWN, journal)) is not None


def are_up(journal: Journal) -> bool:
    """Whether there are more worker dynos than before by this migration's doing."""
    return bool(_added(journal)) and not are_down(journal)


def before(journal: Journal) -> Quantities:
    """Return what to put back: the quantities that were found, of the types that were scaled; empty once they are."""
    # The first of the two has seen what was there.
    return {**_outcome(journal, DOWN, "found"), **_outcome(journal, SCALE_UP, "found")}


def left(journal: Journal) -> Quantities:
    """Return the quantities that this migration has set; empty once the old ones are back."""
    return {**_outcome(journal, SCALE_UP, "set"), **_outcome(journal, DOWN, "set")}


def expected(migration: Migration, journal: Journal) -> int:
    """Return how many workers must answer now."""
    here = journal.noted(HERE)
    if here is not None and journal.outcome("eager-off") is None and journal.noted(TURNED_ROUND) is None:
        return int(here["workers"])
    if not are_down(journal):
        return migration.workers + _added(journal)
    return _elsewhere(migration, journal) + _draining_workers(migration, journal)


def draining(migration: Migration, journal: Journal) -> Mapping[Place, Mapping[str, Any]]:
    """Return the ``dyno`` and ``id`` of the drain dynos that should run now, by place."""
    left = any(journal.outcome(effect) is not None for effect in ("remove", "reattach"))
    started = {} if left else not_stopped(migration, journal)
    return {place: known for place, known in started.items() if place.role == DRAINS}


def not_stopped(migration: Migration, journal: Journal) -> Mapping[Place, Mapping[str, Any]]:
    """Return the same of those that were started and not ended, whether or not there is something left to drain."""
    if journal.is_done(DRAIN_DYNOS_STOPPED):
        return {}
    every = (*places(migration), *bridge_places(migration))
    started = {place: known for place in every if (known := journal.outcome(place.effect))}
    stops = {place: stop_of(known["dyno"], known["id"]) for place, known in started.items()}
    return {place: known for place, known in started.items() if journal.outcome(stops[place]) is None}


def stop_of(dyno: str, identity: str) -> str:
    """Return the name of the effect that ends a drain dyno; Heroku may give its name to another one later."""
    return f"stop-{dyno}-{identity[:8]}"


def elsewhere(migration: Migration, journal: Journal) -> int:
    """Return how many of the workers run on no worker dyno of the app, as far as they were counted at the start."""
    dynos = migration.formation or before(journal)
    return max(0, migration.workers - sum(dynos.values()))


def typed(app: str, wanted: Quantities) -> str:
    """Given an app and quantities, return what an operator types to have them."""
    return f"heroku ps:scale {' '.join(f'{name}={count}' for name, count in wanted.items())} --app {app}"


def _draining_workers(migration: Migration, journal: Journal) -> int:
    # A dyno may run more than one worker: as many as answered before must answer once every place is filled.
    dynos = draining(migration, journal)
    whole = bool(dynos) and len(dynos) == len(places(migration))
    return max(len(dynos), migration.workers - _elsewhere(migration, journal)) if whole else len(dynos)


def _elsewhere(migration: Migration, journal: Journal) -> int:
    seen = journal.noted(ELSEWHERE)
    return elsewhere(migration, journal) if seen is None else int(seen["workers"])


def _added(journal: Journal) -> int:
    found, wanted = _outcome(journal, SCALE_UP, "found"), _outcome(journal, SCALE_UP, "set")
    return sum(count - found[name] for name, count in wanted.items())


def _outcome(journal: Journal, effect: str, which: str) -> Quantities:
    done = journal.outcome(this_time(effect, journal))
    return dict(done[which]) if done else {}


def _numbered(effect: str, time: int) -> str:
    return effect if time == 1 else f"{effect}-{time}"
