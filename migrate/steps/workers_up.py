"""Puts the formation of worker dynos back as it was, where this migration has scaled it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.changes.formation import changed_by_others, quantities, scale, workers_up
from migrate.changes.releases import current_version, wait_for_dynos
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.workers import workforce
from migrate.workers.quiet import restore

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.run import Run


class WorkersUp(Step):
    """One PATCH of the formation, or nothing: any migration may have to take its workers away on the way."""

    name = "workers-up"
    title = "See that the worker dynos are as many as before"

    def preview(self, facts: Facts) -> Preview:
        """Return how many there are again."""
        dynos = ", ".join(f"{name}={count}" for name, count in facts.worker_dynos.items()) or "no worker dynos"
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{dynos}, unless they had to be scaled on the way",
            intended=f"{dynos}; a type that somebody else has scaled meanwhile is left alone",
            command=workforce.typed(facts.app.name, facts.worker_dynos) if facts.worker_dynos else "",
            undo="nothing to undo",
            restarts="",
            duration="nothing, or 10 to 60 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one PATCH, where there is something to put back."""
        return (workers_up(run.journal),) if workforce.before(run.journal) else ()

    def do(self, run: Run) -> None:
        """Scale once, and say what somebody else has changed."""
        if workforce.before(run.journal):
            self._say_what_others_changed(run)
            scale(run, workers_up(run.journal))

    def _say_what_others_changed(self, run: Run) -> None:
        before, left = workforce.before(run.journal), workforce.left(run.journal)
        for name, count in changed_by_others(before, left, quantities(run)).items():
            now = "gone" if count is None else f"at {count}"
            run.note(f"{name} was at {before[name]} and is {now}: somebody else's doing, which is left so.")

    def verify(self, run: Run) -> None:
        """Wait until they are up, and put those back on their queues that were to stay."""
        if workforce.last_up(run.journal) is not None:
            wait_for_dynos(run, current_version(run))
            # Where some were ended all were brought to rest; those that stay go on.
            restore(run)

    def stopped(self, run: Run) -> None:
        """Put the consumers back unless dynos may be on their way out."""
        if run.journal.intent(workforce.this_time(workforce.UP, run.journal)) is None:
            restore(run)


class WorkersUpBack(WorkersUp):
    """On the way back, whether or not they were put back on the way there."""

    name = "workers-up-back"
