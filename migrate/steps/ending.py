"""The shape of steps that end what diverted tasks: one release that takes variables and the mark away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from migrate.changes.marks import mark
from migrate.drain.emptiness import note_dynos_up
from migrate.migration import MARKER
from migrate.steps.quiet_release import QuietRelease, release_effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.changes.effects import Effect
    from migrate.changes.releases import DynosLive
    from migrate.run import Run


class Ending(QuietRelease):
    """One PATCH; after a failed release one before it that changes the mark.

    Whether the next release starts from the variables of a failed one is not documented. If it does, the same PATCH
    changes nothing and makes no release; one that changes something does in either case.
    """

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one PATCH, and what a failed release wants before it."""
        failures = self.failed_releases(run)
        name = f"mark-anew-{failures}"
        anew = release_effect(name, partial(_mark, failures + run.journal.failures(name)))
        return (*((anew,) if failures else ()), *super().effects(run))

    def failed_releases(self, run: Run) -> int:
        """Return how many releases failed whose variables the next one may start from."""
        return run.journal.failures(self.name)

    def see(self, run: Run, live: DynosLive) -> None:  # noqa: ARG002 -- none of them is told
        """Write down since when the dynos are up: old ones publish where they did, as copies say, until they end."""
        note_dynos_up(run, self.version(run))


class EndingBack(Ending):
    """The same on the way back, where something diverts tasks by then."""

    begun: ClassVar[str]
    """The effect after which there is something to end."""
    ended: ClassVar[str]
    """The effect after which there is nothing any more."""

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one PATCH, where the variables are set or may be."""
        begun = run.journal.outcome(self.begun) is not None or run.journal.failures(self.begun) > 0
        return super().effects(run) if begun and run.journal.outcome(self.ended) is None else ()

    def copies(self, run: Run) -> Mapping[str, Any]:  # noqa: ARG002 -- the same for every run
        """Return none: while there is something to end, they lead to the old broker still."""
        return {}

    def failed_releases(self, run: Run) -> int:
        """Return how many releases failed whose variables the next one may start from."""
        return super().failed_releases(run) + run.journal.failures(self.begun) + run.journal.failures(self.ended)

    def verify(self, run: Run) -> None:
        """Wait for the dynos of the release, where there was one to make."""
        if self.effects(run):
            super().verify(run)


def _mark(failures: int, run: Run) -> dict[str, str | None]:
    # The number makes it differ from every earlier mark, also within the same second.
    return {MARKER: mark(run.migration, f"{run.who} (attempt {failures + 1})", run.clock.now())}
