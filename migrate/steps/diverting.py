"""The shape of both steps after which nothing new comes to the old broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.drain.emptiness import note_dynos_up
from migrate.steps.quiet_release import QuietRelease

if TYPE_CHECKING:
    from migrate.changes.releases import DynosLive
    from migrate.run import Run


class Diverting(QuietRelease):
    """One release; from the moment on in which its dynos are up the old ones have so long to end."""

    def see(self, run: Run, live: DynosLive) -> None:
        """Write down since when the dynos are up, and name those that still run an older release."""
        note_dynos_up(run, self.version(run))
        if live.older:
            run.note(
                f"One-off dynos keep the old configuration and may still publish: {', '.join(live.older)}. "
                f"heroku ps:stop -d {live.older[0]} --app {run.app}"
            )
