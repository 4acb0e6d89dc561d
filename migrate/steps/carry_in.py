"""Publishes what is in the spool: to the new broker, or on the way back to the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from migrate.brokers.plan_pairs import SHARED, kind_of_plan
from migrate.brokers.versions import version
from migrate.carry.account import is_held, may_be_elsewhere
from migrate.carry.giving import LOOK_AT, give_queue
from migrate.carry.opened import finish, opened
from migrate.clients.broker import readable
from migrate.drain.leftovers import CARRY, WAIT
from migrate.events import MessagesMoved
from migrate.migration import BESIDE
from migrate.preview import Preview
from migrate.steps.step import Step
from migrate.topology.newer import fitting
from migrate.waits import Waiting
from migrate.wording import counted, listed

if TYPE_CHECKING:
    from migrate.carry.spool import Queue, Spool
    from migrate.clients.broker import Broker
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run

_MANY = 1_000_000


class CarryIn(Step):
    """After eager mode has ended, while the worker dynos are away: a failure leaves a working app and all tasks."""

    name = "carry-in"
    title = "Put what was taken into the new broker"
    where: ClassVar[str] = "the new broker"
    to_old: ClassVar[bool] = False
    back: ClassVar[bool] = False
    """Whether the messages go to the broker that they were taken from."""

    def belongs(self, migration: Migration) -> bool:
        """Only where what is left moves along."""
        return migration.leftovers == CARRY

    def preview(self, facts: Facts) -> Preview:  # noqa: ARG002 -- what there will be is not known before
        """Return where the messages go."""
        return Preview(
            step=self.name,
            title=self.title,
            observed="what carry-out has taken by then",
            intended=f"all of it on {self.where}, in queues made as they were; each confirmed by the broker",
            command="see the runbook",
            undo="nothing to undo",
            restarts="",
            duration="nothing, or a second for each 5000 messages",
        )

    def do(self, run: Run) -> None:
        """Publish what waits in the spool, queue by queue, and delete it."""
        if self._has_work(run):
            self._give_all(run)

    def _give_all(self, run: Run) -> None:
        with opened(run, make=False) as spool:
            for queue in spool.queues():
                if queue.waiting:
                    self._give(run, spool, queue)
            there = [self._is_there(run, queue) for queue in spool.queues() if queue.messages]
        if all(there):
            finish(run)

    def _give(self, run: Run, spool: Spool, queue: Queue) -> None:
        def tell(count: int) -> None:
            run.waiter.on_wait(Waiting(f"{count} of {queue.waiting} messages of {queue.name} are published"))

        def give() -> int:
            now = next(item for item in spool.queues() if item.number == queue.number)
            plan = run.migration.from_plan if self.to_old else run.migration.to_plan
            look_at = LOOK_AT if kind_of_plan(plan) in SHARED else _MANY
            twice = "CARRY_IN_DOUBT" in run.migration.accepted
            broker = run.broker()
            mover, now = broker.mover, self._as_the_broker_takes_it(run, broker, now)
            sent_to = run.new_broker().mover if self.back and now.in_doubt and _both_are_there(run) else None
            return give_queue(mover, spool, now, tell, look_at=look_at, twice=twice, back=self.back, sent_to=sent_to)

        run.waiter.until(give, run.limits.workers)
        run.emit(MessagesMoved(run.step, queue.name, queue.waiting, "broker"))
        run.note(f"{queue.waiting} messages of {queue.name} are on {self.where}.")

    def _as_the_broker_takes_it(self, run: Run, broker: Broker, queue: Queue) -> Queue:
        """Return a queue with the arguments that a newer broker does not refuse; says what it leaves out."""
        kept, gone = fitting(queue.shape.arguments, version(readable(broker.rabbitmq.version)))
        if not gone:
            return queue
        run.note(f"{queue.name} is made without {listed(list(gone))}, which the broker does not take any more.")
        return queue._replace(shape=replace(queue.shape, arguments=kept))

    def _has_work(self, run: Run) -> bool:
        if may_be_elsewhere(run.journal):
            return "SPOOL_MISSING" not in run.migration.accepted
        return is_held(run.journal)

    def _is_there(self, run: Run, queue: Queue) -> bool:
        """Say where fewer messages are in a queue than were put there, though nobody has taken any."""
        depth = run.broker().mover.depth(queue.name)
        if depth is not None and (depth.consumers or depth.ready >= queue.messages):
            return True
        has = f"has {counted(depth.ready, 'message')}" if depth else "is not there any more"
        run.note(
            f"{queue.name} {has}, and {queue.messages} were put there: the others have expired, were taken, or fell "
            f"to a limit of the queue. The spool keeps all of them: migrate-plan spool show {run.migration.id}"
        )
        return False


class CarryBack(CarryIn):
    """On the way back: what was taken returns, whatever was to become of it."""

    name = "carry-back"
    title = "Put what was taken back into the old broker"
    where = "the old broker"
    to_old = True
    back = True

    def belongs(self, migration: Migration) -> bool:
        """Whenever something may have been taken."""
        return migration.leftovers != WAIT


def _both_are_there(run: Run) -> bool:
    return run.migration.strategy in BESIDE and run.journal.outcome("add") is not None
