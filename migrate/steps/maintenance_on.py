"""Switches Heroku's maintenance mode on while the broker is swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.maintenance import ON, switching_on
from migrate.preview import Preview
from migrate.steps.step import Step

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class MaintenanceOn(Step):
    """One PATCH of the app; maintenance-off takes it back."""

    name = ON
    title = "Switch maintenance mode on"

    def belongs(self, migration: Migration) -> bool:
        """Only where it was asked for, and was off."""
        return migration.maintenance

    def preview(self, facts: Facts) -> Preview:
        """Return what web requests get meanwhile."""
        return Preview(
            step=self.name,
            title=self.title,
            observed="maintenance mode is off",
            intended="it is on until maintenance-off: web requests get Heroku's page for it (503), dynos run on",
            command=f"heroku maintenance:on --app {facts.app.name}",
            undo=f"heroku maintenance:off --app {facts.app.name}",
            restarts="",
            duration="1 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:  # noqa: ARG002 -- the same for every run
        """Return the one PATCH."""
        return (switching_on(),)
