"""Puts the process types back that were paused, where they are still at 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.formation import scale
from migrate.changes.pausing import UNPAUSE, changed_meanwhile, paused, unpausing
from migrate.changes.releases import current_version, wait_for_dynos
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.workers.workforce import typed

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class Unpause(Step):
    """One PATCH of the formation, there and on the way back."""

    name = UNPAUSE
    title = "Start again what was paused"

    def belongs(self, migration: Migration) -> bool:
        """Only where the operator named process types."""
        return bool(migration.paused)

    def preview(self, facts: Facts) -> Preview:
        """Return how many dynos there are again."""
        dynos = ", ".join(f"{name}={count}" for name, count in facts.paused.items())
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{', '.join(f'{name}=0' for name in facts.paused)} by then",
            intended=f"{dynos}; a type that somebody else has scaled meanwhile is left alone",
            command=typed(facts.app.name, facts.paused),
            undo="nothing to undo",
            restarts="",
            duration="10 to 60 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one PATCH, where something was paused."""
        return (unpausing(),) if paused(run.journal) else ()

    def do(self, run: Run) -> None:
        """Scale once, and say what somebody else has changed."""
        before = paused(run.journal)
        if not before:
            return
        for name, count in changed_meanwhile(run).items():
            now = "gone" if count is None else f"at {count}"
            run.note(f"{name} was paused and is {now}: somebody else's doing, which is left so.")
        scale(run, unpausing())

    def verify(self, run: Run) -> None:
        """Wait until they are up."""
        if run.journal.outcome(UNPAUSE) is not None:
            wait_for_dynos(run, current_version(run))
