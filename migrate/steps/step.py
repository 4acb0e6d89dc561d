"""What a step is: the unit that is previewed, done, verified, checkpointed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

from migrate.changes.effects import perform

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.preview import Preview
    from migrate.run import Run
    from migrate.store.journal import Journal


BEGINNINGS: Final[tuple[str, ...]] = ("eager-on", "bridge-on", "change-plan")
"""The effects that divert what is published, or leave it alone: one of them is in every strategy."""


class Step(ABC):
    """One step. Its page in runbooks/ has its name."""

    name: ClassVar[str]
    title: ClassVar[str]
    proves: ClassVar[tuple[str, ...]] = ()
    """The effects that this step prepares: until one of them has happened every process does the step anew."""

    def belongs(self, migration: Migration) -> bool:  # noqa: ARG002 -- most steps are in every migration
        """Whether a migration takes this step, as it was decided."""
        return True

    def is_held(self, migration: Migration, journal: Journal) -> bool:  # noqa: ARG002 -- most follow at once
        """Whether a migration rests before this step until the operator says ``finish``."""
        return False

    @abstractmethod
    def preview(self, facts: Facts) -> Preview:
        """Given the facts, return what the step would do; reads nothing."""

    def effects(self, run: Run) -> tuple[Effect, ...]:  # noqa: ARG002 -- most steps only look
        """Return the calls that change the app, in order."""
        return ()

    def do(self, run: Run) -> None:
        """Make the step's calls; each has its effect once, however often this is called."""
        for effect in self.effects(run):
            perform(run, effect)

    def verify(self, run: Run) -> None:  # noqa: B027 -- a step that only looks has proven itself
        """Return when what the step has done is seen to hold; raises why it does not."""

    def stopped(self, run: Run) -> None:  # noqa: B027 -- most steps leave nothing behind
        """Put back what should not stay as it is when the process ends within this step."""

    def is_behind(self, journal: Journal) -> bool:
        """Whether a later process need not do this step again."""
        if not journal.is_done(self.name):
            return False
        return not self.proves or any(journal.outcome(effect) is not None for effect in self.proves)
