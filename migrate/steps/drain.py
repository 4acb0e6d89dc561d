"""Waits until the workers have emptied every queue of the old broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.report import QueueReport
from migrate.carry.account import is_held
from migrate.changes.new_add_on import require_beside
from migrate.changes.releases import PREBOOT_SECONDS, SHUTDOWN_SECONDS, current_version, wait_for_dynos
from migrate.drain.emptiness import DYNOS_UP, note_dynos_up, watch
from migrate.drain.leftovers import WAIT
from migrate.drain.who_drains import MAY_BE_EAGER
from migrate.errors import NotDrained, WorkersEager
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.wording import listed
from migrate.workers.eagerness import refuse_ignored
from migrate.workers.quiet import restore, take_off, wait_for_workers

if TYPE_CHECKING:
    from migrate.brokers.report import WorkerNode
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class Drain(Step):
    """Looks only; a proof from before a crash is none, so every process drains anew until the removal."""

    name = "drain"
    title = "Wait until every queue of the old broker is empty"
    proves = ("remove", "reattach")

    def preview(self, facts: Facts) -> Preview:
        """Return what is in the queues now."""
        overlap = PREBOOT_SECONDS if facts.preboot else SHUTDOWN_SECONDS
        return Preview(
            step=self.name,
            title=self.title,
            observed=_counts(facts),
            intended="ready and unacknowledged 0 on every work queue, workers idle, for a whole settle window",
            command="the management API's /api/queues/VHOST, again and again, and `celery inspect active`",
            undo="nothing to undo",
            restarts="",
            duration=f"at least {overlap:.0f} s, for old dynos may publish as long; then until all is done",
        )

    def do(self, run: Run) -> None:
        """Make sure that the workers are not eager and at work, then watch the broker until it is empty."""
        require_beside(run)
        _see_newer_release(run)
        nodes = wait_for_workers(run, "The workers did not come back to the old broker.")
        if run.migration.is_eager:
            _refuse_eager(run, nodes)
        restore(run)
        if run.migration.is_eager:
            refuse_ignored(run, nodes)
        if run.migration.leftovers == WAIT:
            watch(run)
        else:
            _watch_or_leave(run)


def _watch_or_leave(run: Run) -> None:
    if is_held(run.journal):
        run.note("Messages are being taken out already; the next step goes on with that.")
        return
    try:
        watch(run, leave=True)
    except NotDrained as error:
        run.note(f"What is left does not drain, and is left to the next step. {error.why}")


def _see_newer_release(run: Run) -> None:
    # Whoever set the variable anew, or deployed, restarted the dynos: the old ones may publish a while longer.
    seen = run.journal.noted(DYNOS_UP) or {"version": 0}
    current = current_version(run)
    if current > seen["version"]:
        wait_for_dynos(run, current)
        note_dynos_up(run, current)


def _refuse_eager(run: Run, nodes: tuple[WorkerNode, ...]) -> None:
    eager = [node for node in nodes if node.is_eager]
    if not eager or MAY_BE_EAGER in run.migration.accepted:
        return
    broker = run.broker()

    def off() -> bool:
        take_off(run, broker, eager)
        return True

    run.waiter.until(off, run.limits.workers)
    raise WorkersEager(
        f"Workers run in eager mode: {', '.join(node.name for node in eager)}.",
        why="Of a chain that such a worker drains only the first two tasks run; it was taken off its queues.",
        next=_remedy(run.migration),
    )


def _remedy(migration: Migration) -> str:
    if migration.drain_by == "dynos":
        return "find what makes them eager without CELERY_ALWAYS_EAGER (runbook drain), deploy that, and resume"
    dynos = f"migrate-plan resume {migration.id} --drain-dynos"
    return f"{dynos}    (or keep eager mode out of the workers, runbook drain, deploy that, and resume)"


def _counts(facts: Facts) -> str:
    if not isinstance(facts.broker.queues, QueueReport):
        return f"unknown: {facts.broker.queues.reason}"
    holding = [queue for queue in facts.broker.work if queue.messages]
    if not holding:
        return "no messages in any work queue" if facts.broker.work else "no queues"
    return listed([f"{q.name}: {q.ready} ready, {q.unacknowledged} unacknowledged" for q in holding])
