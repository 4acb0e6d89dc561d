"""Puts the eager variable back to what it was and takes the mark away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.migration import EAGER, MARKER
from migrate.preview import Preview
from migrate.steps.ending import Ending, EndingBack
from migrate.steps.quiet_release import copies_to_rewrite, followed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class EagerOff(Ending):
    """One release: both variables in one PATCH."""

    name = "eager-off"
    title = "Turn eager mode off: tasks go to the new broker"

    def preview(self, facts: Facts) -> Preview:
        """Return the variables that are put back."""
        back = f"{EAGER}={facts.eager}" if facts.eager is not None else f"{EAGER} not set"
        app = facts.app.name
        typed = f"heroku config:unset {EAGER} {MARKER} --app {app}"
        if facts.eager is not None:
            typed = f"heroku config:set {back} --app {app} && heroku config:unset {MARKER} --app {app}"
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{EAGER}=True by then",
            intended=f"{back}, {MARKER} not set{followed(facts)}, live on every dyno",
            command=" && ".join((typed, *(f"heroku config:edit {item} --app {app}" for item in facts.rewritten))),
            undo=f"heroku config:set {EAGER}=True --app {app}",
            restarts=f"all {facts.restarted_dynos} dynos, once",
            duration="10 to 60 s",
        )

    def variables(self, run: Run) -> dict[str, str | None]:
        """Return the variable as it was, and no mark."""
        return {EAGER: run.migration.eager_before, MARKER: None}

    def copies(self, run: Run) -> Mapping[str, Any]:
        """Return the copies of the old broker's address, and where that and the new one are found."""
        return copies_to_rewrite(run, since="eager-on")


class EagerBack(EndingBack, EagerOff):
    """On the way back: the same, on the old broker."""

    name = "eager-back"
    title = "Put the variables back: tasks go to the old broker"
    begun = "eager-on"
    ended = "eager-off"

    def belongs(self, migration: Migration) -> bool:
        """Where eager mode kept tasks from the old broker."""
        return migration.is_eager
