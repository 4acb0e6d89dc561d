"""Puts the eager variable back to what it was and takes the mark away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.migration import EAGER, MARKER
from migrate.preview import Preview
from migrate.steps.quiet_release import QuietRelease

if TYPE_CHECKING:
    from migrate.facts import Facts
    from migrate.run import Run


class EagerOff(QuietRelease):
    """One release: both variables in one PATCH."""

    name = "eager-off"
    title = "Turn eager mode off: tasks go to the new broker"

    def preview(self, facts: Facts) -> Preview:
        """Return the variables that are put back."""
        back = f"{EAGER}={facts.eager}" if facts.eager is not None else f"{EAGER} not set"
        typed = f"heroku config:unset {EAGER} {MARKER}" if facts.eager is None else f"heroku config:set {back}"
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{EAGER}=True by then",
            intended=f"{back}, {MARKER} not set, live on every dyno",
            command=f"{typed} --app {facts.app.name}",
            undo=f"heroku config:set {EAGER}=True --app {facts.app.name}",
            restarts=f"all {facts.restarted_dynos} dynos, once",
            duration="10 to 60 s",
        )

    def variables(self, run: Run) -> dict[str, str | None]:
        """Return the variable as it was, and no mark."""
        return {EAGER: run.migration.eager_before, MARKER: None}
