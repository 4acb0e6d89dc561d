"""Sets the eager variable and this migration's mark: from here on nothing new is queued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.marks import mark
from migrate.migration import EAGER, MARKER
from migrate.preview import Preview
from migrate.steps.diverting import Diverting

if TYPE_CHECKING:
    from migrate.facts import Facts
    from migrate.run import Run


class EagerOn(Diverting):
    """One release: both variables in one PATCH."""

    name = "eager-on"
    title = "Turn eager mode on: tasks run inside their callers"

    def preview(self, facts: Facts) -> Preview:
        """Return the variables that are set."""
        phase = " after the release command" if facts.has_release_phase else ""
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{EAGER} is {facts.eager or 'not set'}",
            intended=f"{EAGER}=True and {MARKER}=..., live on every dyno",
            command=f"heroku config:set {EAGER}=True --app {facts.app.name}",
            undo=f"{_put_back(facts)} --app {facts.app.name}    (workers brought to rest first, as above)",
            restarts=f"all {facts.restarted_dynos} dynos, once{phase}",
            duration="10 to 60 s",
        )

    def variables(self, run: Run) -> dict[str, str | None]:
        """Return the eager variable and the mark."""
        return {EAGER: "True", MARKER: mark(run.migration, run.who, run.clock.now())}


def _put_back(facts: Facts) -> str:
    return (
        f"heroku config:unset {EAGER} {MARKER}" if facts.eager is None else f"heroku config:set {EAGER}={facts.eager}"
    )
