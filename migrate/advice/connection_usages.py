"""How each process type of an app uses the broker, by its command line and its workers' answers: pure functions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from migrate.advice.connection_budget import NO_BOUND, Kind, Usage
from migrate.advice.process_commands import read_commands
from migrate.advice.setting_names import kept
from migrate.brokers.report import Unreadable
from migrate.platform import ProcessType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from migrate.advice.process_commands import ProcessCommands, WorkerCommand
    from migrate.advice.web_commands import WebCommand
    from migrate.brokers.report import WorkerReport
    from migrate.platform import Dyno

_DEFAULT_POOL_LIMIT: Final = 10
"""Celery's: a worker leaves out of its answer what has its default."""
_ONE_BY_ONE: Final = frozenset({"sync", "gthread"})


def usages(
    formation: Iterable[ProcessType],
    commands: ProcessCommands,
    workers: WorkerReport | Unreadable,
    dynos: Iterable[Dyno] = (),
) -> tuple[Usage, ...]:
    """Given the formation, what it runs, what the workers answer and the dynos, return how each type uses the broker.

    Workers may answer with all of their settings or with those that `setting_names.kept` leaves. The pool limit is
    taken to be the same in every process: only workers can be asked.
    """
    there = tuple(formation)
    known = [*_of_formation({item.type: item.quantity for item in there}, commands, workers)]
    known += _of_one_offs([dyno for dyno in dynos if dyno.type not in {item.type for item in there}], workers)
    limit, results = pool_limit(workers), _results_by_rpc(workers)
    return tuple(replace(item, pool_limit=limit, results=results) for item in known)


def pool_limit(workers: WorkerReport | Unreadable) -> int | None:
    """Given what the workers answer, return the pool limit: the largest; NO_BOUND; None where it is not known."""
    if isinstance(workers, Unreadable) or not workers.nodes:
        return None
    told = [kept(node.settings).get("broker_pool_limit", _DEFAULT_POOL_LIMIT) for node in workers.nodes]
    limits = [limit or NO_BOUND for limit in told if limit is None or type(limit) is int]
    if len(limits) < len(told):
        return None
    return NO_BOUND if NO_BOUND in limits else max(limits)


def _of_formation(
    quantities: Mapping[str, int], commands: ProcessCommands, workers: WorkerReport | Unreadable
) -> Iterator[Usage]:
    for web in commands.webs:
        yield _web(web)
    for command in commands.workers:
        yield _worker(command, workers)
    inside = {item.type for item in commands.workers if item.beat}
    for name in commands.beats:
        if name not in inside:
            yield Usage(name, Kind.BEAT, quantities.get(name, 0))
    for name in commands.flowers:
        yield Usage(name, Kind.FLOWER, quantities.get(name, 0))
    seen = {item.type for item in commands.webs}
    for name in commands.hidden:
        if name not in seen:
            doubt = "its command does not show what it runs"
            yield Usage(name, Kind.OTHER, quantities.get(name, 0), doubts=(doubt,))


def _web(command: WebCommand) -> Usage:
    return Usage(
        type=command.type,
        kind=Kind.WEB,
        dynos=command.quantity,
        processes=_number(command.workers),
        threads=_threads(command),
        doubts=() if command.server != "unknown" else ("its command does not show the web server",),
    )


def _threads(command: WebCommand) -> int | None:
    """Return how many of one process may publish at once; None where the command does not say.

    Greenlets do so in any number, and frameworks on ASGI call handlers in threads of their own.
    """
    if command.worker_class in _ONE_BY_ONE or command.server in {"waitress-serve", "uwsgi"}:
        return _number(command.threads)
    return None


def _worker(command: WorkerCommand, workers: WorkerReport | Unreadable) -> Usage:
    nodes = () if isinstance(workers, Unreadable) else workers.nodes
    told = any(kept(node.settings).get("worker_send_task_events") is True for node in nodes)
    quiet = {"gossip", "heartbeat"} <= command.without
    unread = f"{', '.join(command.unread)} may hold options of its command line" if command.unread else ""
    return Usage(
        type=command.type,
        kind=Kind.WORKER,
        dynos=command.quantity,
        processes=_number(command.at_once) or max((node.size for node in nodes), default=0) or None,
        pool=command.pool,
        events=not quiet or command.events or told,
        beat=command.beat,
        doubts=(unread,) if unread else (),
    )


def _of_one_offs(dynos: Iterable[Dyno], workers: WorkerReport | Unreadable) -> Iterator[Usage]:
    for (name, command), count in Counter((dyno.type, dyno.command) for dyno in dynos).items():
        one_off = ProcessType(name, count, command)
        commands = read_commands((one_off,), {})
        for item in commands.workers:
            yield replace(_worker(item, workers), restarted=False)
        if not commands.workers:
            yield Usage(name, Kind.ONE_OFF, count, restarted=False)


def _results_by_rpc(workers: WorkerReport | Unreadable) -> bool:
    nodes = () if isinstance(workers, Unreadable) else workers.nodes
    return any(str(kept(node.settings).get("result_backend")).startswith("rpc") for node in nodes)


def _number(value: int | Unreadable | None) -> int | None:
    return value if isinstance(value, int) else None
