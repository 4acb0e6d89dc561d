"""What an app's process types run, by their command lines and the variables in them: pure functions.

What a script hides is not known, which is not "none".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.advice.numbers import number
from migrate.advice.web_commands import SERVERS, WebCommand, web_command
from migrate.command_lines import GLOBAL_VALUES, WORKER_FLAGS, WORKER_VALUES, calls, celery_call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from migrate.brokers.report import Unreadable
    from migrate.command_lines import Call, CeleryCall
    from migrate.platform import ProcessType

WITHOUT: Final = ("gossip", "mingle", "heartbeat")
"""What a worker can be started without."""
_PROGRAMS: Final = frozenset({"celery", "flower", *SERVERS})
_POOL: Final = re.compile(r"[\w.:]{1,60}")
_PATH: Final = re.compile(r"[\w.:/-]{1,200}")
_ONE_AT_A_TIME: Final = "solo"


@dataclass(frozen=True)
class WorkerCommand:
    """One Celery worker that each dyno of a process type starts."""

    type: str
    quantity: int
    """How many dynos there should be."""
    command: str = field(repr=False)
    """As the formation has it."""
    app: str = ""
    """What -A names; empty where nothing does."""
    folder: str = ""
    """What --workdir names, likewise."""
    concurrency: int | Unreadable | None = None
    """None where it is not said: the app's own setting, else as many as the dyno has cores."""
    pool: str = "prefork"
    without: frozenset[str] = frozenset()
    """Which of gossip, mingle and heartbeat are off."""
    misplaced: tuple[str, ...] = ()
    """The worker's options before ``worker``, where Celery 5 refuses them."""
    late: tuple[str, ...] = ()
    """Celery's own options behind ``worker``, where Celery 5 refuses them."""
    events: bool = False
    """Whether it sends events of every task, by ``-E``."""
    beat: bool = False
    """Whether beat runs inside it, by ``-B``."""
    queues: tuple[str, ...] = ()
    """Those that it is told to take from; none where it is not told."""
    autoscale: int | Unreadable | None = None
    """The most that it may scale to, which then counts for its concurrency."""
    names_broker: bool = False
    """Whether the command line says which broker it is to use."""
    unread: tuple[str, ...] = ()
    """Variables in the place of options whose values are not known: they may hold any of the above."""

    @property
    def at_once(self) -> int | Unreadable | None:
        """How many tasks it runs at once at most; None where that is not said."""
        if self.pool == _ONE_AT_A_TIME:
            return 1
        return self.concurrency if self.autoscale is None else self.autoscale


class ProcessCommands(Struct, frozen=True):
    """What the process types of an app run; the release phase is left out."""

    workers: tuple[WorkerCommand, ...] = ()
    webs: tuple[WebCommand, ...] = ()
    beats: tuple[str, ...] = ()
    """Process types that run beat, alone or inside a worker."""
    flowers: tuple[str, ...] = ()
    """Process types that run Flower."""
    hidden: tuple[str, ...] = ()
    """Process types whose command shows none of these: a script may start anything."""


def read_commands(formation: Iterable[ProcessType], variables: Mapping[str, str]) -> ProcessCommands:
    """Given the formation and the app's config vars, return what it runs. No value of a variable but numbers,
    names of pools and of queues gets into the answer. Never raises.
    """
    workers: list[WorkerCommand] = []
    webs: list[WebCommand] = []
    beats: dict[str, None] = {}
    flowers: dict[str, None] = {}
    hidden: list[str] = []
    for process in formation:
        if process.type == "release":
            continue
        found = list(calls(process.command, _PROGRAMS, variables))
        celery = [celery_call(call.words) for call in found if call.program == "celery"]
        own = [_worker(process, call, variables) for call in celery if call.subcommand == "worker"]
        workers += own
        served = [web_command(process, call, variables) for call in found if call.program in SERVERS]
        webs += served or ([WebCommand(process.type, process.quantity, process.command)] if _is_web(process) else [])
        if any(call.subcommand == "beat" for call in celery) or any(item.beat for item in own):
            beats[process.type] = None
        if any(_is_flower(call) for call in found):
            flowers[process.type] = None
        if not (own or served or {process.type} & (beats.keys() | flowers.keys())):
            hidden.append(process.type)
    return ProcessCommands(tuple(workers), tuple(webs), tuple(beats), tuple(flowers), tuple(hidden))


def _is_web(process: ProcessType) -> bool:
    return process.type == "web"


def _is_flower(call: Call) -> bool:
    return call.program == "flower" or (call.program == "celery" and celery_call(call.words).subcommand == "flower")


def _worker(process: ProcessType, call: CeleryCall, variables: Mapping[str, str]) -> WorkerCommand:
    given = call.value("-c", "--concurrency")
    scale = call.value("--autoscale")
    return WorkerCommand(
        type=process.type,
        quantity=process.quantity,
        command=process.command,
        app=_plain(call.value("-A", "--app") or ""),
        folder=_plain(call.value("--workdir") or ""),
        concurrency=None if given is None else number(given, variables),
        pool=_pool(call.value("-P", "--pool") or "prefork"),
        without=frozenset(name for name in WITHOUT if f"--without-{name}" in call),
        misplaced=tuple(dict.fromkeys(_named(call.before, WORKER_VALUES | WORKER_FLAGS))),
        late=tuple(dict.fromkeys(_named(call.after, GLOBAL_VALUES))),
        events=not {"-E", "--task-events", "--events"}.isdisjoint(name for name, _ in call.options),
        beat="-B" in call or "--beat" in call,
        queues=tuple(filter(None, (call.value("-Q", "--queues") or "").split(","))),
        autoscale=None if scale is None else number(scale.partition(",")[0], variables),
        names_broker=call.value("-b", "--broker") is not None,
        unread=tuple(word for word in call.rest if word.startswith("$") and word in process.command),
    )


def _plain(word: str) -> str:
    return word if _PATH.fullmatch(word) else ""


def _pool(word: str) -> str:
    return word if _POOL.fullmatch(word) else "unknown"


def _named(options: Iterable[tuple[str, str]], names: frozenset[str]) -> Iterator[str]:
    return (name for name, _ in options if name in names)
