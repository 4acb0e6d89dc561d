"""Whether there is a way back, and setting out on it: until the old add-on is removed nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.changes.effects import settle
from migrate.errors import RollbackImpossible
from migrate.migration import TURNED_ROUND
from migrate.state import turned_round
from migrate.strategies import (
    WAY_BACK,
    WAY_BACK_FROM_TWO,
    WAY_BACK_IN_PLACE,
    WAY_BACK_WITHOUT_RELEASE,
    belonging,
    planned,
)

if TYPE_CHECKING:
    from migrate.commands import Command
    from migrate.migration import Migration
    from migrate.run import Run
    from migrate.steps import Step
    from migrate.store.journal import Journal


_RELEASING: Final = ("add", "eager-on", "bridge-on", "change-plan")
_WAYS_BACK: Final = {
    "documented": WAY_BACK,
    "side-by-side": WAY_BACK_FROM_TWO,
    "bridge": WAY_BACK_FROM_TWO,
    "in-place": WAY_BACK_IN_PLACE,
}


def path(migration: Migration, journal: Journal) -> tuple[Step, ...]:
    """Return the steps of a migration in the direction that it has.

    The way back makes a release only where one was made, or may have been by a release that failed.
    """
    if not turned_round(journal):
        return planned(migration)
    released = any(journal.outcome(effect) is not None or journal.failures(effect) for effect in _RELEASING)
    return belonging(_WAYS_BACK[migration.strategy] if released else WAY_BACK_WITHOUT_RELEASE, migration)


def set_out(run: Run, command: Command) -> None:
    """Turn the migration round; raises RollbackImpossible when the old add-on is gone.

    What became of calls whose outcome is not on record is asked of Heroku first.
    """
    if turned_round(run.journal):
        return
    for step in planned(run.migration):
        run.step = step.name
        for effect in step.effects(run):
            if settle(run, effect) is None and run.journal.intent(effect.name) is not None:
                run.journal.retract(effect.name, happened=False)
    if run.journal.outcome("remove") is not None:
        raise _too_late(run.migration, run.journal, command)
    run.journal.note(TURNED_ROUND, {})


def _too_late(migration: Migration, journal: Journal, command: Command) -> RollbackImpossible:
    old = migration.from_plan.partition(":")[2]
    if journal.outcome("add") is None:
        return RollbackImpossible(
            f"{migration.add_on} is removed and cannot be brought back.",
            why=f"It was empty: no task is lost. A new add-on on {migration.from_plan} can be added in its place.",
            next=f"{command('resume', migration, '--to', old)}    (or the line below, to go on as planned)",
        )
    return RollbackImpossible(
        f"{migration.add_on} is removed and cannot be brought back.",
        why=f"The add-on on {migration.to_plan} is there already; the quickest way back leads over it.",
        next=f"{command('resume', migration)} && migrate-plan --to {old} --app {migration.app}",
    )
