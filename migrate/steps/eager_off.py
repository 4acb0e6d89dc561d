"""Puts the eager variable back to what it was and takes the mark away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.migration import EAGER, MARKER
from migrate.preview import Preview
from migrate.steps.ending import Ending, EndingBack

if TYPE_CHECKING:
    from migrate.facts import Facts
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
            intended=f"{back}, {MARKER} not set, live on every dyno",
            command=typed,
            undo=f"heroku config:set {EAGER}=True --app {app}",
            restarts=f"all {facts.restarted_dynos} dynos, once",
            duration="10 to 60 s",
        )

    def variables(self, run: Run) -> dict[str, str | None]:
        """Return the variable as it was, and no mark."""
        return {EAGER: run.migration.eager_before, MARKER: None}


class EagerBack(EndingBack, EagerOff):
    """On the way back: the same, on the old broker."""

    name = "eager-back"
    title = "Put the variables back: tasks go to the old broker"
    begun = "eager-on"
    ended = "eager-off"
