"""Switches maintenance mode off again, where this migration has switched it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.maintenance import OFF, is_ours, switching_off
from migrate.preview import Preview
from migrate.steps.step import Step

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class MaintenanceOff(Step):
    """One PATCH of the app, there and on the way back."""

    name = OFF
    title = "Switch maintenance mode off"

    def belongs(self, migration: Migration) -> bool:
        """Only where it was asked for, and was off."""
        return migration.maintenance

    def preview(self, facts: Facts) -> Preview:
        """Return what is put back."""
        return Preview(
            step=self.name,
            title=self.title,
            observed="maintenance mode is on by then",
            intended="it is off: the app serves requests again",
            command=f"heroku maintenance:off --app {facts.app.name}",
            undo="nothing to undo",
            restarts="",
            duration="1 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one PATCH, where there is something to put back."""
        return (switching_off(),) if is_ours(run.journal) else ()
