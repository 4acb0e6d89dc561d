"""Takes what cannot drain out of the old broker, so that it may go: into the spool, on the disk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from migrate.brokers.report import QueueReport
from migrate.carry.account import is_held
from migrate.carry.opened import opened
from migrate.carry.taking import take_queue
from migrate.changes.formation import scale, wait_until_down, workers_down
from migrate.drain.dynos import stop_all, wait_until_gone
from migrate.drain.emptiness import watch
from migrate.drain.leftovers import DISCARD, WAIT, bound_to_stay
from migrate.errors import CarryRefused, DiscardCountWrong, NotDrained
from migrate.events import MessagesMoved
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.waits import Waiting
from migrate.wording import counted, listed, sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.brokers.report import QueueCount
    from migrate.carry.spool import Spool
    from migrate.changes.effects import Effect
    from migrate.clients.broker import Broker
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run

ROUNDS: Final = 5
"""So often something may still be published after all was taken."""
_LOOKS: Final = 30


class CarryOut(Step):
    """Nothing where the drain has ended empty; else workers go to 0, so that what they hold returns."""

    name = "carry-out"
    title = "Take what is left out of the old broker"
    proves = ("remove", "reattach")

    def belongs(self, migration: Migration) -> bool:
        """Only where the operator said what becomes of it."""
        return migration.leftovers != WAIT

    def preview(self, facts: Facts) -> Preview:
        """Return what would be taken now."""
        known = isinstance(facts.broker.queues, QueueReport)
        messages = counted(sum(queue.messages for queue in facts.broker.work), "message")
        return Preview(
            step=self.name,
            title=self.title,
            observed=messages if known else "an unknown number of messages",
            intended="what is left after the drain is written to disk here before the broker forgets it",
            command="see the runbook",
            undo="carry-back, by rollback: all of it returns to the old broker",
            restarts="the worker dynos go to 0, if anything is left",
            duration="nothing, or a minute and a second for each 5000 messages",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return what takes the worker dynos to 0."""
        return (workers_down(run.journal),)

    def do(self, run: Run) -> None:
        """Take all that is left, and watch the broker until it is empty."""
        if run.proof is not None and not is_held(run.journal):
            run.note("The drain has ended empty: there is nothing to take.")
            return
        scale(run, workers_down(run.journal))
        if run.migration.drain_by == "dynos":
            stop_all(run)
            wait_until_gone(run)
        wait_until_down(run)
        for round_ in range(1, ROUNDS + 1):
            with opened(run, make=True) as spool:
                take_all(run, spool, run.broker(), _counting(run, spool))
            try:
                watch(run, leave=True)
            except NotDrained:
                if round_ == ROUNDS:
                    raise
            else:
                return


def take_all(
    run: Run, spool: Spool, broker: Broker, approve: Callable[[list[QueueCount]], None] = lambda _left: None
) -> None:
    """Take all that is left in a broker's work queues, if that is approved of; raises CarryRefused or NotDrained."""
    left = free(run, broker)
    approve(left)
    _refuse_what_stays(run, left)
    for _ in range(_LOOKS):
        if not left:
            return
        for queue in left:
            _take(run, spool, broker, queue)
        # Quorum queues count with a lag.
        run.clock.sleep(run.limits.workers.interval)
        left = free(run, broker)


def free(run: Run, broker: Broker) -> list[QueueCount]:
    """Return the work queues of a broker that have messages, once nobody holds any of these; raises NotDrained."""

    def look() -> list[QueueCount] | Waiting:
        left = [queue for queue in run.migration.sorting.work(broker.rabbitmq.queues()) if queue.messages]
        held = [queue.name for queue in left if queue.unacknowledged or queue.delayed]
        return Waiting(f"somebody still holds messages of {listed(held)}") if held else left

    return run.waiter.until(look, run.limits.workers, expired=_still_held)


def _take(run: Run, spool: Spool, broker: Broker, queue: QueueCount) -> None:
    def tell(count: int) -> None:
        run.waiter.on_wait(Waiting(f"{count} of {queue.ready} messages of {queue.name} are on the disk"))

    def take() -> int:
        return take_queue(broker.mover, spool, queue.name, broker.rabbitmq.shape(queue.name), tell)

    if taken := run.waiter.until(take, run.limits.workers):
        run.emit(MessagesMoved(run.step, queue.name, taken, "spool"))
        run.note(f"{taken} messages of {queue.name} are in {spool.path}.")


def _refuse_what_stays(run: Run, left: list[QueueCount]) -> None:
    # Before anything is taken: a stop in the middle of it is harder to understand.
    for queue in left:
        if why := bound_to_stay(queue):
            stream = queue.type == "stream"
            resume = f"migrate-plan resume {run.migration.id}"
            raise CarryRefused(
                f"Messages of {queue.name} cannot be taken out of it.",
                why=f"{sentence(why)} {'' if stream else 'They go on by themselves then.'}".strip(),
                next=f"{resume} --ignore-queue {queue.name}    (they go with the old broker)"
                if stream
                else f"{resume}    (later)",
            )


def _counting(run: Run, spool: Spool) -> Callable[[list[QueueCount]], None]:
    """Return what raises DiscardCountWrong unless exactly as many are left as may be discarded."""
    first = not any(queue.messages for queue in spool.queues())
    return partial(_check_count, run) if run.migration.leftovers == DISCARD and first else lambda _left: None


def _check_count(run: Run, left: list[QueueCount]) -> None:
    there = sum(queue.ready for queue in left)
    if there == run.migration.discard_count:
        return
    raise DiscardCountWrong(
        f"There are {there} messages, and {run.migration.discard_count} may be discarded.",
        why="None of them was taken: " + listed([f"{queue.name} has {queue.ready}" for queue in left]) + ".",
        next=f"migrate-plan resume {run.migration.id} --leftovers discard --discard-count {there}",
    )


def _still_held(last: Waiting) -> NotDrained:
    return NotDrained(
        "Not all messages can be carried over.",
        why=f"{last.reason}, though the worker dynos are gone: a worker elsewhere, a script, another app.",
        next="stop what holds them",
    )
