"""Taking workers off their queues before a restart, and putting them back.

Heroku sends SIGTERM to every process of a dyno, so a prefork child dies with the task it runs: lost, with early
acknowledgement and with acks_late too. A worker whose consumers were cancelled finishes what it has and takes
nothing new; once nothing is active or reserved, a restart kills nothing. Tasks held for later go back to the
queue by themselves. Measured: docs/draining.md.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from migrate import workforce
from migrate.broker_report import BrokerUnreadable
from migrate.drain_places import runs
from migrate.errors import AccessError, MigrateError, WorkersBusy
from migrate.queues import is_plumbing
from migrate.waits import Waiting
from migrate.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from migrate.broker_report import Consumer, WorkerNode, WorkerReport
    from migrate.clients.broker import Broker
    from migrate.run import Run

DUE_SOON: Final = timedelta(seconds=15)
"""A held task that falls due before the restart arrives would run into it."""


def quiesce(run: Run) -> None:
    """Cancel every worker's consumers and wait until none runs or has reserved a task.

    Quick where they rest already. Raises WorkersBusy at the deadline.
    """
    broker = run.broker()
    expected = max(0, answering_workers(run) - _crashed_workers(run))

    def look() -> bool | Waiting:
        report = broker.control.report(expected or None)
        take_off(run, broker, report.nodes)
        # Where silence was accepted by name, a silent worker keeps its consumers, and that was said.
        consumers = () if _silence_is_accepted(run) else _work_consumers(run, broker)
        return judge_quiet(report, consumers, expected, run.clock.now()) or True

    run.waiter.until(look, run.limits.quiesce, expired=_busy)


def _work_consumers(run: Run, broker: Broker) -> tuple[Consumer, ...]:
    sorting = run.migration.sorting
    found = tuple(item for item in broker.rabbitmq.consumers() if sorting.is_work(item.queue))
    # Who waits for results reads a queue that is told from one with tasks by more than its name.
    report = broker.rabbitmq.queues() if found else None
    return tuple(item for item in found if sorting.is_work(item.queue, report))


def judge_quiet(
    report: WorkerReport, consumers: tuple[Consumer, ...], expected: int, now: datetime
) -> Waiting | None:
    """Given what workers and broker say, return why a restart would still kill something, or None.

    The broker's own list of consumers has the last word: a worker that does not answer remote control
    shows there.
    """
    if len(report.nodes) < expected:
        return Waiting(f"{len(report.nodes)} of {expected} workers answer")
    for node in report.nodes:
        if not node.idle:
            names = sorted({task.name for task in node.active})
            return Waiting(f"{node.name} finishes {', '.join(names) or f'{node.reserved} reserved tasks'}")
        soon = [task for task in node.held if task.due is None or task.due - now < DUE_SOON]
        if soon:
            return Waiting(f"{node.name} holds {soon[0].name}, due in a moment")
    left = sorted({item.queue for item in consumers if not is_plumbing(item.queue)})
    return Waiting(f"somebody still consumes from {', '.join(left)}") if left else None


def restore(run: Run) -> None:
    """Put back the consumers that were cancelled, as far as the workers are still there; says where it cannot."""
    off = run.journal.consumers_off
    if not off:
        return
    try:
        broker = _broker_of_workers(run)
        for node in broker.control.report(answering_workers(run) or None).nodes:
            for queue in off.get(node.name, ()):
                if queue not in node.queues:
                    broker.control.add_consumer(node.name, queue)
        run.journal.put_back()
    except (BrokerUnreadable, MigrateError) as error:
        run.note(
            f"The workers could not be put back on their queues ({error}), where tasks wait. Once "
            f"`celery inspect active` is empty, `heroku ps:restart --app {run.app}` has them back."
        )


def _broker_of_workers(run: Run) -> Broker:
    try:
        return run.broker()
    except AccessError:
        # Neither an outage of Heroku nor a token that is revoked keeps this process from a broker that it knows.
        if run.known_broker is None:
            raise
        return run.known_broker


def answering_workers(run: Run) -> int:
    """Return how many workers must answer now: none where their silence was accepted by name."""
    return 0 if _silence_is_accepted(run) else workforce.expected(run.migration, run.journal)


def _silence_is_accepted(run: Run) -> bool:
    return "WORKERS_SILENT" in run.migration.accepted


def _crashed_workers(run: Run) -> int:
    """Return how many worker and drain dynos have crashed or ended: they run nothing, and will not answer."""
    types = {item.type for item in run.heroku.formation(run.app) if item.runs_celery_worker}
    dynos = run.heroku.dynos(run.app)
    living = {dyno.id for dyno in dynos if runs(dyno)}
    lost = [known for known in workforce.draining(run.migration, run.journal).values() if known["id"] not in living]
    return len(lost) + sum(dyno.state == "crashed" and dyno.type in types for dyno in dynos)


def take_off(run: Run, broker: Broker, nodes: Sequence[WorkerNode]) -> None:
    """Given workers, take them off their queues; written down first, so that a later process can put them back."""
    todo = {node.name: [q for q in node.queues if not is_plumbing(q)] for node in nodes}
    todo = {name: queues for name, queues in todo.items() if queues}
    if not todo:
        return
    run.journal.take_off(todo)
    for name, queues in todo.items():
        for queue in queues:
            broker.control.cancel_consumer(name, queue)


def _busy(last: Waiting) -> WorkersBusy:
    return WorkersBusy(
        "The workers did not come to rest.",
        why=f"{sentence(last.reason)} A restart now would kill what they run.",
        next="",
    )
