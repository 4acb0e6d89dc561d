"""On the way back: takes what was published to the new broker, and gives it to the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.carry.account import is_held
from migrate.carry.opened import opened
from migrate.changes.formation import wait_until_down
from migrate.changes.new_add_on import is_gone, may_hold_tasks
from migrate.drain.emptiness import GIVEN_BACK, watch
from migrate.errors import NotDrained
from migrate.preview import Preview
from migrate.steps.carry_in import CarryIn
from migrate.steps.carry_out import ROUNDS, free, take_all

if TYPE_CHECKING:
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class TakeBack(CarryIn):
    """Nothing where the new broker was never written to; else through the spool, as carry-out and carry-in do."""

    name = "take-back"
    title = "Take what the new broker has to the old one"
    where = "the old broker"
    to_old = True
    proves = ("remove-new",)

    def belongs(self, migration: Migration) -> bool:  # noqa: ARG002 -- whatever was decided about leftovers
        """Return True: what is on the new broker are tasks like all others."""
        return True

    def preview(self, facts: Facts) -> Preview:  # noqa: ARG002 -- what there will be is not known before
        """Return where the messages go."""
        return Preview(
            step=self.name,
            title=self.title,
            observed="what was published to the new broker by then",
            intended="all of it on the old broker, each message confirmed by it before it is forgotten here",
            command="see the runbook",
            undo="nothing to undo",
            restarts="",
            duration="30 s, for old dynos may publish as long, and a second for each 5000 messages",
        )

    def do(self, run: Run) -> None:
        """Take and give until the new broker is proven empty; where it is gone, give what was taken before."""
        if not may_hold_tasks(run):
            return
        wait_until_down(run)
        if is_gone(run):
            run.note("The new add-on is gone, not by this migration, and with it whatever was in it still.")
            super().do(run)
            return
        for round_ in range(1, ROUNDS + 1):
            self._move(run)
            try:
                watch(run, GIVEN_BACK, leave=True)
            except NotDrained:
                if round_ == ROUNDS:
                    raise
            else:
                return

    def _move(self, run: Run) -> None:
        # All is taken before anything is given: what a killed process had not acknowledged comes a second time, and
        # is known by the spool as long as that has it.
        new = run.new_broker()
        if is_held(run.journal) or free(run, new):
            with opened(run, make=True) as spool:
                take_all(run, spool, new)
        if is_held(run.journal):
            self._give_all(run)
