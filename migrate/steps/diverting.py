"""The shape of both steps after which nothing new comes to the old broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.drain.emptiness import note_dynos_up
from migrate.steps.quiet_release import QuietRelease

if TYPE_CHECKING:
    from migrate.run import Run


class Diverting(QuietRelease):
    """One release; from the moment on in which its dynos are up the old ones have so long to end."""

    def verify(self, run: Run) -> None:
        """Wait for the release and its dynos, and name the dynos that still run an older one."""
        super().verify(run)
        note_dynos_up(run, self.version(run))
        types = {item.type for item in run.heroku.formation(run.app)}
        older = [
            dyno.name
            for dyno in run.heroku.dynos(run.app)
            if dyno.version < self.version(run) and dyno.type not in types
        ]
        if older:
            run.note(
                f"One-off dynos keep the old configuration and may still publish: {', '.join(older)}. "
                f"heroku ps:stop -d {older[0]} --app {run.app}"
            )
