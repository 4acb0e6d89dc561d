"""Puts the eager variable back to what it was and takes the mark away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from migrate.marks import mark
from migrate.migration import EAGER, MARKER
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
        failures = self.failed_releases(run)
        name = f"mark-anew-{failures}"
        anew = release_effect(name, partial(_mark, failures + run.journal.failures(name)))
        return (*((anew,) if failures else ()), *super().effects(run))

    def failed_releases(self, run: Run) -> int:
        """Return how many releases failed whose variables the next one may start from."""
        return run.journal.failures(self.name)

    def variables(self, run: Run) -> dict[str, str | None]:
        """Return the variable as it was, and no mark."""
        return {EAGER: run.migration.eager_before, MARKER: None}


def _mark(failures: int, run: Run) -> dict[str, str | None]:
    # The number makes it differ from every earlier mark, also within the same second.
    return {MARKER: mark(run.migration, f"{run.who} (attempt {failures + 1})", run.clock.now())}


class EagerBack(EagerOff):
    """On the way back: the same, on the old broker."""

    name = "eager-back"
    title = "Put the variables back: tasks go to the old broker"

    def failed_releases(self, run: Run) -> int:
        """Return how many releases failed whose variables the next one may start from."""
        return super().failed_releases(run) + run.journal.failures("eager-on")
