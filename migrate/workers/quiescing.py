"""One wait for workers to come to rest: what each look finds, does and says, and what the deadline means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from migrate.brokers.queues import is_plumbing
from migrate.brokers.report import BrokerUnreadable, Unreadable
from migrate.clients.broker import readable
from migrate.errors import AccessError, WorkersBusy
from migrate.waits import Waiting
from migrate.wording import listed, sentence
from migrate.workers import restart
from migrate.workers.unrest import Unrest, judge_quiet, tasks_in_detail, unheard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from migrate.brokers.report import Consumer, WorkerNode, WorkerReport
    from migrate.clients.broker import Broker
    from migrate.run import Run

ACCEPTED_LOSS: Final = "TASKS_KILLED"
"""With a number behind it, as in TASKS_KILLED=3: so many tasks may be killed by each restart that is left."""
_DYNOS_SECONDS: Final = 20.0
"""For so long what Heroku said of the dynos is taken for granted: every question counts against a limit."""


_STARTING: Final = "starting"
_WAIT_LONGER: Final = 6


@dataclass
class Attempt:
    """One wait for rest, and what was found so far."""

    run: Run
    broker: Broker
    most: Callable[[], int]
    """Counts the workers that should be there, by what was done to them."""
    expected: Callable[[], int]
    """Counts those of them that must answer, by asking Heroku: needed where fewer do."""
    take_off: Callable[[Run, Broker, Sequence[WorkerNode]], None]
    silence_accepted: bool
    """Whether a silent worker may keep its consumers and be killed with what it runs."""
    toll: str = ""
    """At the deadline: what a restart would do, as the end of a sentence."""
    loss_is_accepted: bool = False
    """At the deadline: whether no more can be killed than was accepted."""
    _nodes: tuple[WorkerNode, ...] = ()
    _unrest: Unrest | None = None
    _known: int = 0
    """How many workers there are by the last look."""
    _uncounted: bool = False
    """Whether somebody consumes whom no look has found."""
    _told: set[tuple[str, str]] = field(default_factory=set)
    """Silent workers that a word was left for, by name and connection."""
    _expected: tuple[float, int] | None = None
    """When Heroku was asked for the workers, and what came of it."""

    def look(self) -> bool | Waiting:
        """Take off their queues whoever is on them; return why the workers are not at rest by the lists, or True."""
        expected, report = self._heard()
        self.take_off(self.run, self.broker, report.nodes)
        consumers = self._consumers()
        silent = self._leave_word(consumers, report)
        self._nodes, self._known = report.nodes, len(report.nodes) + len(silent)
        if self.silence_accepted:
            silent, consumers = (), ()
        work = self._of_work(consumers)
        self._unrest = judge_quiet(report, work, expected, self.run.clock.now(), silent)
        return self._answer()

    def look_closely(self) -> bool | Waiting:
        """As look, and what has come up since the lists were made counts too: for a call that restarts workers."""
        self.look()
        self._unrest = self._unrest or self._last_word()
        return self._answer()

    def _answer(self) -> bool | Waiting:
        if self._unrest is None:
            return True
        return Waiting(self._unrest.reason, tasks_in_detail(self._nodes, self.run.clock.now()))

    def _heard(self) -> tuple[int, WorkerReport]:
        """Return how many must answer, and who does. Where fewer do than there were, Heroku is asked who crashed."""
        if self._expected is None:
            most = self.most()
            report = self._report(most)
            if len(report.nodes) >= most:
                return most, report
        expected = self._expected_now()
        return expected, self._report(expected)

    def _report(self, expected: int) -> WorkerReport:
        # The roll call ends at a number. A worker beyond it is heard only when all are waited for.
        number = None if self._uncounted else max(expected, self._known) or None
        return self.broker.control.report(number, as_far_as_known=True)

    def expired(self, last: Waiting) -> WorkersBusy:
        """Given the last reason, return what the deadline means, and find out what a restart would cost."""
        run, most = self.run, restart.most_killed(self._nodes)
        tasks = self._endangered()
        self.toll = restart.toll(tasks, run.clock.now())
        only_busy = self._only_busy()
        self.loss_is_accepted = only_busy and most <= _accepted(run.migration.accepted)
        longer = f"{max(60.0, run.limits.quiesce.deadline * _WAIT_LONGER):.0f}"
        give_up = f" That loss can be accepted instead: --accept {ACCEPTED_LOSS}={most}." if only_busy else ""
        return WorkersBusy(
            f"The workers did not come to rest in {run.limits.quiesce.deadline:.0f} s.",
            why=f"{sentence(last.reason)} {sentence(restart.verdict(tasks))}{give_up}",
            options=("--quiesce-timeout", longer),
        )

    def _only_busy(self) -> bool:
        """Whether nothing but tasks that run is in the way, by a look at this moment."""
        if self._unrest is None or not self._unrest.busy:
            return False
        try:
            return self._last_word() is None
        except (AccessError, BrokerUnreadable):
            return False

    def _endangered(self) -> tuple[restart.Endangered, ...]:
        # What a task is set to is asked when it matters. Where nobody says, it counts as lost.
        asked = readable(
            lambda: self.broker.control.report(len(self._nodes) or None, settings=True, as_far_as_known=True)
        )
        said = {} if isinstance(asked, Unreadable) else {node.name: node for node in asked.nodes}
        nodes = [replace(said.get(node.name, node), active=node.active) for node in self._nodes]
        return restart.endangered(nodes, self.run.remap_sigterm)

    def _last_word(self) -> Unrest | None:
        """Return what has come up since the lists were made: a queue itself knows of a new consumer at once."""
        if self.silence_accepted:
            return None
        run = self.run
        dynos = [dyno for dyno in run.heroku.dynos(run.app) if dyno.type in run.migration.formation]
        if starting := [dyno.name for dyno in dynos if dyno.state == _STARTING]:
            return Unrest(f"{listed(starting)} starting: what it took before the restart would be killed by it")
        off = (queue for queues in run.journal.consumers_off.values() for queue in queues)
        counts = self.broker.control.consumer_counts(sorted({*run.migration.consumed, *off}))
        taken = [queue for queue, count in counts.items() if count]
        self._uncounted = bool(taken)
        return Unrest(f"somebody has begun to consume from {listed(taken)}") if taken else None

    def _consumers(self) -> tuple[Consumer, ...]:
        if not self.silence_accepted:
            return self.broker.rabbitmq.consumers()
        found = readable(self.broker.rabbitmq.consumers)
        return () if isinstance(found, Unreadable) else found

    def _of_work(self, consumers: tuple[Consumer, ...]) -> tuple[Consumer, ...]:
        sorting = self.run.migration.sorting
        found = tuple(item for item in consumers if sorting.is_work(item.queue))
        # Who waits for results reads a queue that is told from one with tasks by more than its name.
        report = self.broker.rabbitmq.queues() if found else None
        return tuple(item for item in found if sorting.is_work(item.queue, report))

    def _leave_word(self, consumers: tuple[Consumer, ...], report: WorkerReport) -> tuple[str, ...]:
        """Have silent workers leave their queues when they next read their mailbox, and return their names.

        What they take from only the broker can say; it is written down first.
        """
        silent = unheard(consumers, {node.name for node in report.nodes})
        for worker in silent:
            queues = [queue for queue in worker.queues if not is_plumbing(queue)]
            if not queues or (worker.name, worker.connection) in self._told:
                continue
            self.run.journal.take_off({worker.name: queues})
            for queue in queues:
                self.broker.control.leave_word("cancel_consumer", worker.name, queue)
            self._told.add((worker.name, worker.connection))
        return tuple(worker.name for worker in silent)

    def _expected_now(self) -> int:
        now = self.run.clock.monotonic()
        if self._expected is None or now - self._expected[0] >= _DYNOS_SECONDS:
            self._expected = now, self.expected()
        return self._expected[1]


def _accepted(codes: Sequence[str]) -> int:
    """Given what was accepted, return how many tasks may be killed by a restart."""
    counts = [code.partition("=")[2] for code in codes if code.partition("=")[0] == ACCEPTED_LOSS]
    return max((int(count) for count in counts if count.isdecimal()), default=0)
