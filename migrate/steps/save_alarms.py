"""Reads the old add-on's alarms while there is somebody to ask."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from migrate.alarms.shapes import AlarmsUnusable
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.wording import counted, listed

if TYPE_CHECKING:
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run

NOTE = "alarms"
"""The note of what was read, without keys of recipients."""


class SaveAlarms(Step):
    """Reads only; what cannot be read is said, and keeps nothing from going on."""

    name = "save-alarms"
    title = "Read the old add-on's alarms"
    # Keys of recipients are in the memory of one process: the next one reads them again, as long as it can.
    proves = ("remove",)

    def belongs(self, migration: Migration) -> bool:
        """Only where that was asked for."""
        return migration.copy_alarms

    def preview(self, facts: Facts) -> Preview:
        """Return what is read."""
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"alarms and recipients of {facts.add_on.name}, which are not read before",
            intended="all of them, for copy-alarms; if CloudAMQP's API does not tell, it goes on without",
            command=f"heroku addons:open {facts.add_on.name} --app {facts.app.name}    (Alarms)",
            undo="nothing to undo",
            restarts="",
            duration="1 s, 20 s at most",
        )

    def do(self, run: Run) -> None:
        """Read, and keep what may be kept."""
        try:
            with closing(run.old_instance()) as instance:
                found = instance.read()
        except AlarmsUnusable as error:
            run.note(
                f"The old add-on's alarms could not be read: {error}. Write them down before it is removed: "
                f"heroku addons:open {run.migration.add_on} --app {run.app}    (Alarms)"
            )
            return
        run.old_alarms = found
        run.journal.note(NOTE, {**found.to_json(), "vhost": run.old_broker().address.vhost})
        told = listed([found.told(alarm) for alarm in found.alarms])
        run.note(f"The old add-on has {counted(len(found.alarms), 'alarm')}: {told or 'none'}.")
