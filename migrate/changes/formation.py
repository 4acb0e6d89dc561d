"""Scaling the worker dynos to 0, or up, and putting them back, each once. Scaling makes no release.

Heroku sends SIGTERM to every process of a dyno that goes, so workers are brought to rest before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.changes.effects import Effect, perform, settle
from migrate.changes.marks import refuse_foreign_mark
from migrate.errors import WorldChanged
from migrate.waits import Waiting
from migrate.workers import workforce
from migrate.workers.quiet import quiesce

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.run import Run
    from migrate.store.journal import Journal
    from migrate.workers.workforce import Quantities

    Body = Mapping[str, Any]


def workers_down(journal: Journal) -> Effect:
    """Return the effect that takes every type of worker dynos to 0; its outcome has what it found."""
    return Effect(
        workforce.this_time(workforce.DOWN, journal), _before_down, send_scaling, find_scaled, _at_rest, _look_at
    )


def scaling_up(journal: Journal) -> Effect:
    """Return the effect that starts as many worker dynos as were asked for; its outcome has what it found."""
    return Effect(
        workforce.this_time(workforce.SCALE_UP, journal),
        _before_scaling_up,
        send_scaling,
        find_scaled,
        refuse_foreign_mark,
        _look_at,
    )


def workers_up(journal: Journal) -> Effect:
    """Return the effect that puts the formation back where it is still as this migration has left it."""
    return Effect(
        workforce.this_time(workforce.UP, journal), _before_up, send_scaling, find_scaled, _at_rest_if_lower, _look_at
    )


def scale(run: Run, effect: Effect) -> Body:
    """Make sure that a scaling has happened; returns its outcome.

    Where an earlier process did not get to its call, the formation is read anew: somebody may have scaled since.
    """
    if settle(run, effect) is None and run.journal.intent(effect.name) is not None:
        run.journal.retract(effect.name, happened=False)
    return perform(run, effect)


def wait_until_down(run: Run) -> None:
    """Wait until no worker dyno is left and their workers are silent, and note how many answer nevertheless.

    Raises WorldChanged when somebody has scaled them up again.
    """
    types = workforce.left(run.journal).keys()
    strangers = workforce.elsewhere(run.migration, run.journal)

    def look() -> int | Waiting:
        _refuse_scaled(run)
        names = [dyno.name for dyno in run.heroku.dynos(run.app) if dyno.type in types]
        if names:
            return Waiting(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} shutting down")
        if not run.names_a_broker():
            return 0  # none that the workers could answer on
        # Off the list a dyno may live a while longer. Nobody is expected, so the roll call takes its whole time.
        answering = len(run.broker().control.report().nodes)
        return answering if answering <= strangers else Waiting(f"{answering} workers answer still")

    answering = run.waiter.until(look, run.limits.workers)
    run.journal.note(workforce.ELSEWHERE, {"workers": answering})


def changed_by_others(before: Quantities, left: Quantities, now: Quantities) -> dict[str, int | None]:
    """Given quantities before, as this migration left them, and now, return what somebody else has made of them.

    None for a process type that is gone.
    """
    return {name: now.get(name) for name in before if now.get(name) not in {left[name], before[name]}}


def worker_quantities(run: Run) -> dict[str, int]:
    """Return how many dynos there should be of each type that is seen to run a Celery worker."""
    return {item.type: item.quantity for item in run.heroku.formation(run.app) if item.runs_celery_worker}


def quantities(run: Run) -> dict[str, int]:
    """Return how many dynos there should be of each process type."""
    return {item.type: item.quantity for item in run.heroku.formation(run.app)}


def _refuse_scaled(run: Run) -> None:
    now = quantities(run)
    if others := {name: now[name] for name, count in workforce.left(run.journal).items() if now.get(name, 0) > count}:
        raise WorldChanged(
            "Somebody has scaled up worker dynos that this migration keeps at 0.",
            why=f"There should be {', '.join(f'{count} {name}' for name, count in others.items())} now.",
            next=workforce.typed(run.app, dict.fromkeys(others, 0)),
        )


def _before_down(run: Run) -> Body:
    found = {name: count for name, count in worker_quantities(run).items() if count}
    return {"found": found, "set": dict.fromkeys(found, 0)}


def _before_scaling_up(run: Run) -> Body:
    now, wanted = quantities(run), run.migration.scale_up
    more = {name: count for name, count in wanted.items() if now.get(name, count) < count}
    return {"found": {name: now[name] for name in more}, "set": more}


def _before_up(run: Run) -> Body:
    ours, now = workforce.left(run.journal), quantities(run)
    back = {name: count for name, count in workforce.before(run.journal).items() if now.get(name) == ours[name]}
    return {"set": back}


def send_scaling(run: Run, intent: Body) -> None:
    """Given an intent with quantities to ``set``, send them; nothing where there are none."""
    if intent["set"]:
        run.scale(intent["set"])


def find_scaled(run: Run, intent: Body) -> Body | None:
    """Given an intent with quantities to ``set``, return it where the formation has them."""
    now = quantities(run)
    return intent if all(now.get(name, 0) == count for name, count in intent["set"].items()) else None


def _at_rest(run: Run) -> None:
    refuse_foreign_mark(run)
    # Where a Detach went live and its Attach did not, workers have no broker to take a task from.
    if run.names_a_broker():
        quiesce(run)


def _at_rest_if_lower(run: Run) -> None:
    refuse_foreign_mark(run)
    left = workforce.left(run.journal)
    if any(count < left[name] for name, count in workforce.before(run.journal).items()):
        quiesce(run)


def _look_at(run: Run, _intent: Body) -> str:
    return f"heroku ps --app {run.app}    (how many worker dynos are there?)"
