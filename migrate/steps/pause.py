"""Takes process types to 0 that must not run meanwhile, such as one that runs Celery beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.formation import scale
from migrate.changes.pausing import PAUSE, pausing, wait_until_paused
from migrate.preview import Preview
from migrate.steps.step import BEGINNINGS, Step
from migrate.wording import counted
from migrate.workers.workforce import typed

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class Pause(Step):
    """One PATCH of the formation; unpause takes it back."""

    name = PAUSE
    title = "Pause what must not run meanwhile"
    proves = BEGINNINGS

    def belongs(self, migration: Migration) -> bool:
        """Only where the operator named process types."""
        return bool(migration.paused)

    def preview(self, facts: Facts) -> Preview:
        """Return which dynos go."""
        return Preview(
            step=self.name,
            title=self.title,
            observed=", ".join(f"{name}={count}" for name, count in facts.paused.items()),
            intended="none of them, until unpause; what they would have done meanwhile is not done",
            command=typed(facts.app.name, dict.fromkeys(facts.paused, 0)),
            undo=typed(facts.app.name, facts.paused),
            restarts=f"ends {counted(sum(facts.paused.values()), 'dyno')}",
            duration="5 to 30 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:  # noqa: ARG002 -- the same for every run
        """Return the one PATCH."""
        return (pausing(),)

    def do(self, run: Run) -> None:
        """Scale once, however often this is called."""
        scale(run, pausing())

    def verify(self, run: Run) -> None:
        """Wait until the dynos are gone."""
        wait_until_paused(run)
