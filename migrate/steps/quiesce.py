"""Takes the workers off their queues, so that the restart by the next release kills no running task."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from migrate.brokers.report import Unreadable
from migrate.changes.new_add_on import require_beside
from migrate.preview import Preview
from migrate.steps.step import BEGINNINGS, Step
from migrate.workers.quiet import bring_to_rest, restore
from migrate.workers.restart import endangered, toll
from migrate.workers.workers_behind import count_those_here, point_out_scheme

if TYPE_CHECKING:
    from migrate.facts import Facts
    from migrate.run import Run


class Quiesce(Step):
    """Before the eager release, on the old broker."""

    name = "quiesce"
    title = "Let the workers finish what they run"
    proves = BEGINNINGS
    where: ClassVar[str] = "the old broker"

    def preview(self, facts: Facts) -> Preview:
        """Return which workers are asked to stop taking tasks."""
        queues = ", ".join(facts.broker.consumed_queues) or "no queue"
        where = "the broker" if facts.strategy == "in-place" else self.where
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"workers that take tasks from {queues}: {facts.expected_workers}{self._toll(facts)}",
            intended=f"none takes tasks from {where}, each finishes what it runs; the rest waits in its queue",
            command="celery control cancel_consumer QUEUE    (each queue; then until `inspect active` is empty)",
            undo="celery control add_consumer QUEUE    (done by itself when the migration stops here)",
            restarts="",
            duration="as long as the longest task that runs now",
        )

    def _toll(self, facts: Facts) -> str:
        workers = facts.broker.workers
        if isinstance(workers, Unreadable) or workers.at is None:
            return ""
        return f"; {toll(endangered(workers.nodes, facts.remap_sigterm), workers.at)}"

    def do(self, run: Run) -> None:
        """Cancel the consumers and wait until nothing runs; each call that restarts workers sees to it again."""
        bring_to_rest(run)

    def stopped(self, run: Run) -> None:
        """Put the consumers back."""
        restore(run)


class QuiesceAgain(Quiesce):
    """Before the release that ends eager mode, on the new broker.

    Two traps: workers that have not connected yet are silent, which is not rest; and if that release fails,
    they must have their consumers back.
    """

    name = "quiesce-again"
    title = "Let the workers finish again"
    proves = ("eager-off",)
    where = "the new broker"

    def do(self, run: Run) -> None:
        """As before, with those workers that can be there."""
        require_beside(run)
        point_out_scheme(run, since="eager-on")
        count_those_here(run)
        super().do(run)

    def _toll(self, facts: Facts) -> str:  # noqa: ARG002 -- what runs by then nobody knows yet
        return ""


class QuiesceBack(Quiesce):
    """On the way back, before the release that ends eager mode on the old broker."""

    name = "quiesce-back"
    title = "Let the workers finish before the way back"
    proves = ("eager-back", "change-plan-back")


class PutBack(Step):
    """On the way back when no release was made: the workers are all there is to undo."""

    name = "put-back"
    title = "Put the workers back on their queues"

    def preview(self, facts: Facts) -> Preview:
        """Return which workers are put back."""
        return Preview(
            step=self.name,
            title=self.title,
            observed="workers that this migration took off their queues",
            intended=f"consumers on {', '.join(facts.broker.consumed_queues) or 'no queue'}, as before",
            command="celery control add_consumer QUEUE",
            undo="nothing to undo",
            restarts="",
            duration="3 s",
        )

    def do(self, run: Run) -> None:
        """Put the consumers back; whether they are, the next step sees."""
        restore(run)
