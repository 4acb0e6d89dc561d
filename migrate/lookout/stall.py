"""Why a drain does not get on: pure functions over what was read. Facts first, then the likely cause.

Each cause has a heading on the runbook page ``drain``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.wording import listed, span

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.brokers.report import QueueCount
    from migrate.lookout.picture import Picture

STALL_SECONDS: Final = 60.0
"""So long nothing has got fewer before a reason is sought."""
_SHOWN: Final = 3


class Cause(Struct, frozen=True):
    """Why it does not get on."""

    code: str
    """What tells it from another: it is said once."""
    text: str
    do: str
    """The command, or what to change."""
    queue: str = ""
    """The queue, where its messages could be given up."""


def diagnose(picture: Picture) -> Cause | None:
    """Given what is known, return the likeliest cause, or None where nothing explains it."""
    return next((cause for look in _CAUSES if (cause := look(picture))), None)


def forsaken(picture: Picture) -> tuple[QueueCount, ...]:
    """Return the queues with messages that nobody takes from and nobody took from when the migration began."""
    return tuple(queue for queue in picture.unserved if queue.name not in picture.consumed)


def never_consumed(picture: Picture) -> Cause | None:
    """Return that a queue is forsaken, or None where none is."""
    queues = forsaken(picture)
    if not queues:
        return None
    queue = queues[0]
    source = picture.dead_letters.get(queue.name)
    kind = f"It is where {source} puts its dead letters. " if source else ""
    return Cause(
        "never-consumed",
        f"{queue.name} has {queue.ready} messages and no consumer, and had none when the migration began. {kind}They "
        "do not go away by themselves.",
        f"start a worker that takes from {queue.name}, or take one of the other ways on",
        queue.name,
    )


def _alarm(picture: Picture) -> Cause | None:
    alarms = picture.troubles.alarms if picture.troubles else None
    if not alarms:
        return None
    return Cause(
        "alarm",
        f"The broker has run out of {' and '.join(alarms)}: it blocks every connection that publishes, those of "
        "workers too.",
        "heroku addons:open cloudamqp --app " + picture.app,
    )


def _worker_dynos(picture: Picture) -> Cause | None:
    types = {item.type: item for item in picture.formation if item.runs_celery_worker}
    crashed = [dyno.name for dyno in picture.dynos if dyno.type in types and dyno.state == "crashed"]
    if crashed:
        return Cause(
            "workers-crashed",
            f"Workers have crashed: {listed(crashed, _SHOWN)}. Nobody takes what is in their queues.",
            f"heroku logs --dyno {crashed[0]} --app {picture.app}    (find out why, and fix it)",
        )
    if not types or any(item.quantity for item in types.values()) or (picture.workers and picture.workers.nodes):
        return None
    name = next(iter(types))
    return Cause(
        "workers-scaled-down",
        f"No worker runs: the formation of {listed(list(types), _SHOWN)} is 0.",
        f"heroku ps:scale {name}=1 --app {picture.app}",
    )


def _connection_limit(picture: Picture) -> Cause | None:
    troubles = picture.troubles
    if troubles is None or troubles.connections is None or troubles.connection_limit is None:
        return None
    served = all(picture.is_consumed(queue) for queue in picture.queues) and not _silent_workers(picture)
    if troubles.connections < troubles.connection_limit or served:
        return None
    return Cause(
        "connection-limit",
        f"{troubles.connections} of {troubles.connection_limit} connections that the plan allows are open, so the "
        "broker refuses workers that connect.",
        f"heroku ps --app {picture.app}    (stop what holds connections: web dynos, one-off dynos, other apps)",
    )


def _silent_workers(picture: Picture) -> Cause | None:
    answered = len(picture.workers.nodes) if picture.workers else 0
    if answered >= picture.expected:
        return None
    return Cause(
        "workers-silent",
        f"{answered} of {picture.expected} workers answer. One that is silent has crashed, cannot connect, or is a "
        "solo pool in the middle of a task.",
        f"heroku ps --app {picture.app}    (and: heroku logs --app {picture.app} -p worker)",
    )


def _no_consumer(picture: Picture) -> Cause | None:
    lonely = picture.unserved
    others_get_on = len(lonely) < len(picture.queues) and picture.grown("acknowledged")
    if not lonely or others_get_on:
        return None
    if never := never_consumed(picture):
        return never
    names = listed([queue.name for queue in lonely], _SHOWN)
    if picture.left:
        return Cause(
            "left-behind",
            f"Nobody takes from {names} any more: the workers have left for the new broker, and somebody still "
            "publishes to this one, by an address of its own. The way back has the workers take it.",
            f"heroku ps --app {picture.app}    (find what still publishes there, such as a script, and stop it)",
        )
    return Cause(
        "no-consumer",
        f"Nobody takes from {names}, which had consumers when the migration began.",
        f"heroku ps --app {picture.app}    (is the worker of that queue up?)",
    )


def _poison(picture: Picture) -> Cause | None:
    again = picture.grown("redelivered")
    if not again or any(name in picture.grown("acknowledged") for name in again):
        return None
    queue, times = max(again.items(), key=lambda item: item[1])
    tasks = {task.name for node in picture.nodes for task in node.active if task.redelivered}
    named = f" ({listed(sorted(tasks), _SHOWN)})" if tasks else ""
    seconds = picture.now.at - picture.before.at
    return Cause(
        "redelivered",
        f"A message of {queue}{named} came back {times} times in {seconds:.0f} s and was never acknowledged: its "
        "task kills its worker, or puts itself back.",
        f"heroku logs --app {picture.app} -p worker    (which task is it? then: celery control revoke TASK_ID)",
    )


def _long_task(picture: Picture) -> Cause | None:
    running = [(task, node.name) for node in picture.nodes for task in node.active]
    if not running:
        return None
    task, node = min(running, key=lambda item: item[0].started or picture.at.timestamp())
    since = f" for {span(max(0.0, picture.at.timestamp() - task.started))}" if task.started else ""
    others = f", and {len(running) - 1} more" if len(running) > 1 else ""
    return Cause(
        "long-task",
        f"{node} has been running {task.name}{since}{others}.",
        f"celery inspect query_task {task.id}    (let it end; a restart of its dyno would kill it)",
    )


def _only_held(picture: Picture) -> Cause | None:
    messages = sum(queue.messages for queue in picture.queues)
    busy = any(not node.idle for node in picture.nodes)
    return None if busy or picture.held is None or picture.held.all < messages else _held(picture)


def _held(picture: Picture) -> Cause | None:
    if picture.held is None:
        return None
    reason = picture.held.reason(picture.at)
    return Cause(
        "held-tasks",
        f"{reason[:1].upper()}{reason[1:]}.",
        "wait until then, or drop them if they may be dropped: celery control revoke TASK_ID",
    )


def _still_published(picture: Picture) -> Cause | None:
    if picture.leak is None:
        return None
    names = listed(list(picture.leak.queues), _SHOWN)
    return Cause(
        "leak", f"As many tasks come into {names} as the workers finish.", "find what publishes, and stop it"
    )


def _with_others(picture: Picture) -> Cause | None:
    waiting = sum(queue.unacknowledged for queue in picture.queues)
    report = picture.workers
    if not waiting or report is None or any(not node.idle or node.held for node in report.nodes):
        return None
    holders = [client for client in picture.clients if client.unacknowledged]
    if not holders:
        return None
    holder = max(holders, key=lambda client: client.unacknowledged)
    return Cause(
        "unacknowledged",
        f"{holder.unacknowledged} messages are with {holder.peer} ({holder.software}), which does not acknowledge "
        "them, while every worker that answers is idle: a consumer without remote control, or a worker that hangs.",
        f"heroku ps --app {picture.app}    (restart what this is; its messages go back to the queue)",
    )


_CAUSES: Final[tuple[Callable[[Picture], Cause | None], ...]] = (
    _alarm,
    _worker_dynos,
    _connection_limit,
    _no_consumer,
    _poison,
    _only_held,
    _still_published,
    _long_task,
    _held,
    _silent_workers,
    _with_others,
)
