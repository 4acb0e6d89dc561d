"""Writes down what somebody made on the old broker beside Celery's own, before the broker goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.moved import policies_were_read
from migrate.brokers.report import Unreadable
from migrate.errors import TopologyNotSaved
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.topology import saving, words
from migrate.topology.beyond_celery import beyond_celery
from migrate.waits import Waiting
from migrate.wording import counted, sentence

if TYPE_CHECKING:
    from migrate.facts import Facts
    from migrate.run import Run
    from migrate.store.journal import Journal
    from migrate.topology.shapes import Topology


class SaveTopology(Step):
    """Reads only; one file, and none where there is nothing to save."""

    name = "save-topology"
    title = "Write down what was made on the old broker beside Celery's own"
    proves = ("remove",)

    def preview(self, facts: Facts) -> Preview:
        """Return what there is to be saved."""
        found = facts.broker.beyond_celery
        saved = isinstance(found, Unreadable) or found
        return Preview(
            step=self.name,
            title=self.title,
            observed=seen(found),
            intended="a file on this machine that only you can read" if saved else "nothing to save",
            command="the management API's /api/exchanges/VHOST, queues, bindings and policies",
            undo="nothing to undo",
            restarts="",
            duration="1 s",
        )

    def is_behind(self, journal: Journal) -> bool:
        """Whether it is done, or the broker is gone: by a version that did not know this step."""
        return super().is_behind(journal) or journal.outcome("remove") is not None

    def do(self, run: Run) -> None:
        """Read the vhost and save what is beyond Celery; raises TopologyNotSaved unless that was accepted by name."""
        try:
            found = run.waiter.until(lambda: read_old(run), run.limits.workers, expired=_unreadable)
            path = saving.save(run, found)
        except TopologyNotSaved as error:
            if error.code not in run.migration.accepted:
                error.choices = (go_on_without(run, error.code),)
                raise
            saving.give_up(run)
            run.note(f"{error.what} {error.why} That was accepted, so it will not be on the new broker.")
            return
        what = f"{counted(len(found), 'thing')} beyond Celery's own: {path}" if path else words.NOTHING
        run.note(sentence("; ".join(filter(None, (f"saved {what}", words.unread(found))))))


def seen(found: Topology | Unreadable) -> str:
    """Given what is beyond Celery's own, say it, with what could not be read and what nobody can copy."""
    if isinstance(found, Unreadable):
        return f"unknown: {found.reason}"
    return "; ".join(filter(None, (words.contents(found), words.unread(found), words.by_the_plan(found))))


def go_on_without(run: Run, code: str) -> str:
    """Return the command that goes on without the copy."""
    return f"{run.command('resume', run.migration, '--accept', code)}    (go on without it)"


def read_old(run: Run) -> Topology | Waiting:
    """Return what is on the old broker beyond Celery's own; policies that could be read before are waited for."""
    found = run.old_broker().topology.read()
    if (why := found.unread.get("policies")) and policies_were_read(run.journal):
        return Waiting(f"the policies cannot be read ({why}), which could be read before")
    return beyond_celery(found, run.migration.consumed)


def _unreadable(last: Waiting) -> TopologyNotSaved:
    return TopologyNotSaved(
        "What was made on the old broker beside Celery's own could not be read.", why=sentence(last.reason)
    )
