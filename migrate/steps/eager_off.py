"""Puts the eager variable back to what it was and takes the mark away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.migration import EAGER, MARKER, marker
from migrate.preview import Preview
from migrate.steps.quiet_release import QuietRelease, release_effect

if TYPE_CHECKING:
    from migrate.effects import Effect
    from migrate.facts import Facts
    from migrate.run import Run


class EagerOff(QuietRelease):
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

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one PATCH; after a failed release one before it that changes the mark.

        Whether the next release starts from the variables of a failed one is not documented. If it does, the
        same PATCH changes nothing and makes no release; one that changes something does in either case.
        """
        failures = run.journal.failures(self.name)
        anew = release_effect(f"mark-anew-{failures}", _mark)
        return (*((anew,) if failures else ()), *super().effects(run))

    def variables(self, run: Run) -> dict[str, str | None]:
        """Return the variable as it was, and no mark."""
        return {EAGER: run.migration.eager_before, MARKER: None}


def _mark(run: Run) -> dict[str, str | None]:
    return {MARKER: marker(run.migration, run.who, run.clock.now())}
