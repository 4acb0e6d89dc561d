"""Makes again on the new broker what somebody made on the old one beside Celery's own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from migrate.brokers.moved import what_is_different
from migrate.brokers.report import Unreadable
from migrate.brokers.versions import NEWEST
from migrate.errors import TopologyNotCopied, TopologyNotSaved
from migrate.migration import BESIDE
from migrate.preview import Preview
from migrate.steps.save_topology import go_on_without, read_old, seen
from migrate.steps.step import Step
from migrate.topology import saving, words
from migrate.topology.copying import Copying
from migrate.topology.newer import for_version
from migrate.topology.shapes import Topology
from migrate.wording import listed, sentence

if TYPE_CHECKING:
    from migrate.facts import Facts
    from migrate.run import Run
    from migrate.waits import Waiting


_NOT_KNOWN: Final = (
    "what somebody made on the old broker beside Celery's own is not known on this machine; whoever began the "
    "migration may have it in a file (runbook copy-topology)"
)


class CopyTopology(Step):
    """No release. What is on the new broker already is never changed."""

    name = "copy-topology"
    title = "Make on the new broker what was made beside Celery's own"

    def preview(self, facts: Facts) -> Preview:
        """Return what is made, and what a newer broker would not take."""
        found = facts.broker.beyond_celery
        return Preview(
            step=self.name,
            title=self.title,
            observed=seen(found),
            intended=_intended(found) if not isinstance(found, Unreadable) else "what can be read by then",
            command="see the runbook",
            undo="nothing to undo",
            restarts="",
            duration="3 s",
        )

    def do(self, run: Run) -> None:
        """Make what is missing; raises TopologyNotCopied or TopologyNotSaved unless that was accepted by name."""
        try:
            self._copy(run)
        except (TopologyNotCopied, TopologyNotSaved) as error:
            if error.code not in run.migration.accepted:
                error.choices = (go_on_without(run, error.code),)
                raise
            run.note(f"{error.what} {error.why} That was accepted.")

    def _copy(self, run: Run) -> None:
        wanted = _wanted(run)
        copying = Copying(run.new_broker, wanted or Topology())
        run.waiter.until(copying.look, run.limits.workers, expired=_unreadable)
        _tell(run, copying, wanted)
        if copying.refused:
            file = saving.path_of(run)
            raise TopologyNotCopied(
                "The new broker did not take all that somebody made on the old one.",
                why=sentence("; ".join(f"{what}: {why}" for what, why in copying.refused.items())),
                next=f"less '{file}'    (what it was; by hand: runbook copy-topology)" if file.is_file() else "",
            )


def _wanted(run: Run) -> Topology | None:
    """Return what there should be; None where nobody knows. The old broker itself is asked as long as it is there."""
    if run.migration.strategy in BESIDE and run.journal.intent("remove") is None:
        found = run.waiter.until(partial(read_old, run), run.limits.workers, expired=_unreadable)
        saving.save(run, found)
        return found
    return saving.saved(run)


def _tell(run: Run, copying: Copying, wanted: Topology | None) -> None:
    moved, *different = what_is_different(run.journal, copying.version)
    run.note(f"{moved} {sentence(_outcome(copying, wanted))}")
    left_as_it_is = [f"left as it is: {text}" for text in copying.conflicts]
    not_made = [f"not made: {text}" for text in copying.left_out]
    unread = [words.unread(wanted)] if wanted is not None and wanted.unread else []
    for text in (*different, *map(sentence, (*left_as_it_is, *not_made, *unread))):
        run.note(text)


def _outcome(copying: Copying, wanted: Topology | None) -> str:
    if wanted is None:
        return _NOT_KNOWN
    if not wanted:
        return f"on the old broker was {words.NOTHING}"
    if copying.made:
        return f"made there: {listed(list(copying.made))}"
    return "none of it could be made there" if copying.refused else "all that somebody made is there already"


def _intended(found: Topology) -> str:
    if not found:
        return "nothing to make"
    left_out = for_version(found, NEWEST)[1]
    without = f"; on RabbitMQ {'.'.join(map(str, NEWEST.number))} without {listed(left_out)}" if left_out else ""
    return f"all of it there, made as it was, and what is there already as it is{without}"


def _unreadable(last: Waiting) -> TopologyNotCopied:
    return TopologyNotCopied(
        "What somebody made on the old broker could not be made on the new one.", why=sentence(last.reason)
    )
