"""On the way back: removes the add-on that this migration has added, and the spare name of the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from migrate.changes.attaching import detachment
from migrate.changes.effects import Effect, perform
from migrate.changes.marks import refuse_foreign_mark
from migrate.changes.new_add_on import may_hold_tasks
from migrate.changes.releases import see_gone, wait_until_settled
from migrate.changes.removing import is_going, removal, wait_until_gone
from migrate.drain.emptiness import GIVEN_BACK, prove_again
from migrate.migration import SPARE, url_variable
from migrate.preview import Preview
from migrate.steps.add import ADD, created
from migrate.steps.step import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.facts import Facts
    from migrate.run import Run

    Body = Mapping[str, Any]

REMOVE_NEW: Final = "remove-new"
SPARE_OFF: Final = "spare-off"


class RemoveNew(Step):
    """One DELETE of the add-on, guarded like the removal of an old one if it was used, and one of the attachment."""

    name = REMOVE_NEW
    title = "Remove the new add-on"

    def preview(self, facts: Facts) -> Preview:
        """Return what is removed."""
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"the add-on on {facts.target}, if it was added",
            intended=f"it is looked at once more and removed if it is empty; {facts.spare} is taken away",
            command=f"heroku addons:destroy NEW --app {facts.app.name} --confirm {facts.app.name}",
            undo="",
            restarts=f"all {facts.restarted_dynos} dynos, twice",
            duration="10 to 60 s",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return both calls, as far as there is something to remove."""
        found: list[Effect] = []
        if run.journal.outcome(ADD) is not None:
            new = created(run)
            found.append(removal(REMOVE_NEW, lambda _run: new["id"], lambda _run: new["add_on"], _guard))
        if run.journal.outcome(SPARE) is not None or run.journal.failures(SPARE):
            found.append(detachment(SPARE_OFF, run.migration.spare, _settled))
        return tuple(found)

    def do(self, run: Run) -> None:
        """Make each call, and wait for its releases."""
        for effect in self.effects(run):
            perform(run, effect)
            if effect.name == REMOVE_NEW:
                wait_until_gone(run, created(run)["id"])
        if self.effects(run):
            see_gone(run, {url_variable(run.migration.beside), url_variable(run.migration.spare)})


def _guard(run: Run) -> None:
    _settled(run)
    if not is_going(run, created(run)["id"]) and may_hold_tasks(run):
        prove_again(run, GIVEN_BACK)


def _settled(run: Run) -> None:
    wait_until_settled(run)
    refuse_foreign_mark(run)
