"""Sees the workers at work on the new broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from migrate.before_after import see_broker
from migrate.changes.releases import SHUTDOWN_SECONDS
from migrate.errors import WorkersMissing
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.waits import Waiting
from migrate.wording import listed, sentence
from migrate.workers.quiet import kept_off, restore

if TYPE_CHECKING:
    from migrate.facts import Facts
    from migrate.run import Run


class Verify(Step):
    """Looks only."""

    name = "verify"
    title = "See the workers on the new broker"
    where: ClassVar[str] = "the new broker"

    def preview(self, facts: Facts) -> Preview:
        """Return which queues must have consumers."""
        queues = ", ".join(facts.broker.consumed_queues) or "no queue"
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"consumers on {queues}, on {facts.broker.label}",
            intended=f"consumers on {queues}, on {self.where}",
            command="the management API's /api/consumers/VHOST",
            undo="nothing to undo",
            restarts="",
            duration="5 to 30 s",
        )

    def do(self, run: Run) -> None:
        """Wait until every work queue that had consumers has some again, and no worker is kept off one."""
        broker = run.broker()
        old_dynos_gone = run.clock.monotonic() + SHUTDOWN_SECONDS

        def look() -> bool | Waiting:
            kept = kept_off(run, broker)
            if kept and run.clock.monotonic() >= old_dynos_gone:
                # It booted in the very moment in which the release went live. Before, it might be an old one.
                restore(run)
                kept = ()
            consumed = {item.queue for item in broker.rabbitmq.consumers()}
            if missing := sorted(set(run.migration.consumed) - consumed):
                return Waiting(f"nobody consumes from {', '.join(missing)}")
            return Waiting(f"{listed(kept)} off their queues, or shutting down") if kept else True

        run.waiter.until(look, run.limits.workers, expired=lambda last: _missing(run, self.where, last))
        # Those of the record were restarted meanwhile; the next rest has a record of its own.
        run.journal.put_back()
        see_broker(run)


class VerifyInPlace(Verify):
    """Where the broker is the one that it was."""

    title = "See the workers on the broker"
    where = "the broker"


class VerifyAgain(Verify):
    """After the last release of all, which has restarted them."""

    name = "verify-again"
    title = "See the workers on the new broker once more"


class VerifyBack(Verify):
    """On the way back."""

    name = "verify-back"
    title = "See the workers on the old broker"
    where = "the old broker"


def _missing(run: Run, where: str, last: Waiting) -> WorkersMissing:
    return WorkersMissing(
        f"Workers are not back on {where}.",
        why=f"{sentence(last.reason)} Tasks are published and wait there.",
        next=f"heroku ps --app {run.app}",
    )
