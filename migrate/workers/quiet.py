"""Taking workers off their queues before a restart, and putting them back.

Heroku sends SIGTERM to every process of a dyno, so a prefork child dies with the task it runs: lost, with early
acknowledgement and with acks_late too. A worker whose consumers were cancelled finishes what it has and takes
nothing new; once nothing is active or reserved, a restart kills nothing. Tasks held for later go back to the
queue by themselves. Measured: docs/draining.md.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from migrate.brokers.queues import is_plumbing
from migrate.brokers.report import BrokerUnreadable, Unreadable
from migrate.clients.broker import readable
from migrate.errors import AccessError, MigrateError, WaitExpired, WorkersBusy
from migrate.waits import Waiting
from migrate.wording import sentence
from migrate.workers import workforce
from migrate.workers.drain_places import runs
from migrate.workers.quiescing import Attempt
from migrate.workers.unrest import unheard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migrate.brokers.report import WorkerNode
    from migrate.clients.broker import Broker
    from migrate.run import Run
    from migrate.waits import Patience

_SELDOM_SECONDS: Final = 10.0
_REMEMBERS: Final = (5, 7)
"""The first Celery whose workers still know after a reconnection that they were put back on a queue.
https://github.com/celery/celery/pull/10352"""


def quiesce(run: Run) -> None:
    """As bring_to_rest, right before a call that restarts workers: a newcomer that no list shows yet counts too."""
    attempt = _attempt(run)
    _wait_for_rest(run, attempt, attempt.look_closely)


def bring_to_rest(run: Run) -> None:
    """Cancel every worker's consumers and wait until none runs or has reserved a task.

    Quick where they rest already. Raises WorkersBusy at the deadline, unless as many tasks as may still be killed
    then were accepted to be.
    """
    attempt = _attempt(run)
    _wait_for_rest(run, attempt, attempt.look)


def _wait_for_rest(run: Run, attempt: Attempt, look: Callable[[], bool | Waiting]) -> None:
    try:
        run.waiter.until(look, run.limits.quiesce, expired=attempt.expired)
    except WorkersBusy:
        if not attempt.loss_is_accepted:
            raise
        run.note(f"Going on as accepted, though the workers are not at rest: {attempt.toll}.")


def quiesce_others(run: Run, broker: Broker) -> None:
    """Bring to rest whatever workers are on a broker that none has to be on; raises WorkersBusy."""
    attempt = Attempt(run, broker, lambda: 0, lambda: 0, take_off, silence_accepted=_silence_is_accepted(run))
    run.waiter.until(attempt.look_closely, run.limits.quiesce, expired=attempt.expired)


def keep_quiet(run: Run) -> Callable[[], None]:
    """Return what takes workers off their queues that come while a release command runs, as often as it is called.

    A dyno that restarts meanwhile boots on the release before, and would be killed when the new one goes live. It
    asks every 10 s at most, and lets trouble pass: the release is under way in any case.
    """
    asked_at = -_SELDOM_SECONDS

    def look() -> None:
        nonlocal asked_at
        if run.clock.monotonic() - asked_at < _SELDOM_SECONDS:
            return
        asked_at = run.clock.monotonic()
        with suppress(BrokerUnreadable, AccessError):
            _attempt(run).look()

    return look


def _attempt(run: Run) -> Attempt:
    return Attempt(
        run,
        run.broker(),
        most=lambda: answering_workers(run),
        expected=lambda: max(0, answering_workers(run) - _crashed_workers(run)),
        take_off=take_off,
        silence_accepted=_silence_is_accepted(run),
    )


def kept_off(run: Run, broker: Broker) -> tuple[str, ...]:
    """Given their broker, return the workers that answer and are off a queue by this migration's doing.

    Raises BrokerUnreadable.
    """
    off = run.journal.consumers_off
    if not off:
        return ()
    nodes = broker.control.report(answering_workers(run) or None, as_far_as_known=True).nodes
    return tuple(node.name for node in nodes if set(off.get(node.name, ())) - set(node.queues))


def restore(run: Run) -> None:
    """Put back the consumers that were cancelled, as far as the workers are still there; says where it cannot."""
    off = run.journal.consumers_off
    if not off:
        return
    try:
        broker = _broker_of_workers(run)
        nodes = broker.control.report(answering_workers(run) or None, as_far_as_known=True).nodes
        back = {node.name: [queue for queue in off.get(node.name, ()) if queue not in node.queues] for node in nodes}
        for queue, names in _by_queue(back).items():
            broker.control.add_consumer(names, queue)
        _leave_word(broker, {name: queues for name, queues in off.items() if name not in back})
        run.journal.put_back()
        _warn_of_forgetful(run, broker, [name for name, queues in back.items() if queues])
    except (BrokerUnreadable, MigrateError) as error:
        run.note(
            f"The workers could not be put back on their queues ({error}), where tasks wait. Once "
            f"`celery inspect active` is empty, `heroku ps:restart --app {run.app}` has them back."
        )


def _leave_word(broker: Broker, off: Mapping[str, Sequence[str]]) -> None:
    # Those that do not answer are gone, or run a task and read their mailbox later; the broker knows which.
    if not off:
        return
    for worker in unheard(broker.rabbitmq.consumers(), ()):
        for queue in off.get(worker.name, ()):
            broker.control.leave_word("add_consumer", worker.name, queue)


def _warn_of_forgetful(run: Run, broker: Broker, names: Sequence[str]) -> None:
    for name in names:
        version = readable(lambda name=name: broker.control.celery_version(name))  # type: ignore[misc]
        if isinstance(version, Unreadable) or version < _REMEMBERS:
            run.note(
                f"Workers are back on their queues, and leave them when they next lose their connection: {name} and "
                f"others do not run Celery 5.7 or later. Once `celery inspect active` is empty, "
                f"`heroku ps:restart --app {run.app}` mends that."
            )
            return


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


def wait_for_workers(run: Run, missing: str, patience: Patience | None = None) -> tuple[WorkerNode, ...]:
    """Wait until all workers answer that must, and return who answers, with their settings.

    Raises WaitExpired, which says that they are ``missing``, after as long as workers may take unless told otherwise.
    """
    broker, expected = run.broker(), answering_workers(run)

    def look() -> tuple[WorkerNode, ...] | Waiting:
        nodes = broker.control.report(expected or None, settings=True).nodes
        return nodes if len(nodes) >= expected else Waiting(f"{len(nodes)} of {expected} workers answer")

    def expired(last: Waiting) -> WaitExpired:
        return WaitExpired(missing, why=sentence(last.reason), next=f"heroku ps --app {run.app}")

    return run.waiter.until(look, patience or run.limits.workers, expired=expired)


def _silence_is_accepted(run: Run) -> bool:
    return "WORKERS_SILENT" in run.migration.accepted


def _crashed_workers(run: Run) -> int:
    """Return how many worker and drain dynos have crashed or ended: they run nothing, and will not answer."""
    types = {item.type for item in run.formation() if item.runs_celery_worker}
    dynos = run.heroku.dynos(run.app)
    living = {dyno.id for dyno in dynos if runs(dyno)}
    lost = [known for known in workforce.draining(run.migration, run.journal).values() if known["id"] not in living]
    return len(lost) + sum(dyno.state == "crashed" and dyno.type in types for dyno in dynos)


def take_off(run: Run, broker: Broker, nodes: Sequence[WorkerNode]) -> None:
    """Given workers, take them off their queues; written down first, so that a later process can put them back.

    Raises BrokerUnreadable when one did not confirm it, after all were told.
    """
    todo = {node.name: [q for q in node.queues if not is_plumbing(q)] for node in nodes}
    todo = {name: queues for name, queues in todo.items() if queues}
    if not todo:
        return
    run.journal.take_off(todo)
    trouble: BrokerUnreadable | None = None
    for queue, names in _by_queue(todo).items():
        try:
            broker.control.cancel_consumer(names, queue)
        except BrokerUnreadable as error:
            trouble = error
    if trouble:
        raise trouble


def _by_queue(queues: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    every = sorted({queue for each in queues.values() for queue in each})
    return {queue: [name for name, each in queues.items() if queue in each] for queue in every}
