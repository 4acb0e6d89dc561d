"""How many processes and threads of a web server each dyno starts, by its command line: pure functions.

Gunicorn: https://docs.gunicorn.org/en/stable/settings.html, uvicorn: https://www.uvicorn.org/settings/
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from migrate.advice.numbers import number
from migrate.brokers.report import Unreadable
from migrate.command_lines import expanded, names, options, value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.command_lines import Call, Options
    from migrate.platform import ProcessType

UNKNOWN: Final = "unknown"
_VALUES: Final[Mapping[str, frozenset[str]]] = {
    "gunicorn": names(
        "-b --bind -c --config -k --worker-class -w --workers -t --timeout -e --env -u --user -g --group -m --umask "
        "-p --pid -n --name --threads --worker-connections --max-requests --max-requests-jitter --graceful-timeout "
        "--keep-alive --log-level --log-file --access-logfile --error-logfile --worker-tmp-dir --chdir"
    ),
    "uvicorn": names("--workers --host --port --loop --http --ws --lifespan --log-level --env-file"),
    "hypercorn": names("-w --workers -k --worker-class -b --bind -c --config"),
    "granian": names("--workers --interface --host --port --blocking-threads --runtime-threads"),
    "daphne": names("-b --bind -p --port -e --endpoint"),
    "waitress-serve": names("--threads --port --host --listen"),
    "uwsgi": names("-p --processes --workers --threads --ini --http-socket --module"),
}
SERVERS: Final = frozenset(_VALUES)
"""The web servers whose options are known."""
_BY_FILE: Final[Mapping[str, tuple[str, ...]]] = {
    "gunicorn": ("-c", "--config"),
    "hypercorn": ("-c", "--config"),
    "uwsgi": ("--ini",),
}
CONCURRENCY: Final = "WEB_CONCURRENCY"
"""What gunicorn and uvicorn read where nothing else says how many; the other servers start one."""
_READ_IT: Final = frozenset({"gunicorn", "uvicorn"})
_SMALL: Final[Mapping[str, int]] = {"eco": 2, "basic": 2, "standard-1x": 2, "standard-2x": 4}
_LARGE: Final[Mapping[str, int]] = {"s": 4, "m": 5, "l": 17, "l-ram": 9, "xl": 17, "2xl": 33}
"""Of performance, private and shield dynos."""


@dataclass(frozen=True)
class WebCommand:
    """One web server that each dyno of a process type starts."""

    type: str
    quantity: int
    """How many dynos there should be."""
    command: str = field(repr=False)
    """As the formation has it."""
    server: str = UNKNOWN
    """gunicorn, uvicorn, daphne; ``unknown`` where the command does not show it."""
    worker_class: str = ""
    """sync, gthread, gevent; empty for a server that has none."""
    workers: int | Unreadable = field(default_factory=lambda: Unreadable("the command does not show the web server"))
    """Its processes."""
    said_by: str = ""
    """What says how many processes: an option, a variable, or a default."""
    threads: int | Unreadable = field(default_factory=lambda: Unreadable("the command does not show the web server"))
    """Of each process."""


def web_command(process: ProcessType, call: Call, variables: Mapping[str, str]) -> WebCommand:
    """Given a process type, its call of a web server and the app's config vars, return what it starts."""
    known = {**variables, **call.assigned}
    given, _ = options(call.words, _VALUES[call.program])
    if call.program == "gunicorn":
        # What stands on the command line wins.
        more, _ = options(_words(known.get("GUNICORN_CMD_ARGS", "")), _VALUES["gunicorn"])
        given = (*more, *given)
    threads = _threads(call.program, given, variables)
    workers, said_by = _workers(call.program, given, variables, known, process.size)
    return WebCommand(
        type=process.type,
        quantity=process.quantity,
        command=process.command,
        server=call.program,
        worker_class=_worker_class(call.program, given, threads),
        workers=workers,
        said_by=said_by,
        threads=threads,
    )


def by_dyno_size(size: str) -> int | Unreadable:
    """Given a dyno's size, return the WEB_CONCURRENCY that Heroku's Python buildpack sets where the app sets none.

    https://github.com/heroku/heroku-buildpack-python/blob/main/vendor/WEB_CONCURRENCY.sh, as of 2025
    """
    kind, _, large = size.lower().partition("-")
    found = _LARGE.get(large) if kind in {"performance", "private", "shield"} else _SMALL.get(size.lower())
    return found or Unreadable(f"Heroku's default of {CONCURRENCY} for {size} is not known")


def _workers(
    server: str, given: Options, outer: Mapping[str, str], known: Mapping[str, str], size: str
) -> tuple[int | Unreadable, str]:
    option = ("-p", "--processes", "--workers") if server == "uwsgi" else ("-w", "--workers")
    if (text := value(given, *option)) is not None:
        return number(text, outer), option[0]
    if (file := value(given, *_BY_FILE.get(server, ()))) is not None:
        return Unreadable("a configuration file may say it"), file.rpartition("/")[2]
    if server not in _READ_IT:
        return 1, f"{server}'s default"
    if CONCURRENCY in known:
        return number(known[CONCURRENCY], outer), CONCURRENCY
    return by_dyno_size(size), f"Heroku's {CONCURRENCY} for {size}"


def _threads(server: str, given: Options, variables: Mapping[str, str]) -> int | Unreadable:
    if (text := value(given, "--threads")) is not None:
        return number(text, variables)
    return 4 if server == "waitress-serve" else 1


def _worker_class(server: str, given: Options, threads: int | Unreadable) -> str:
    if server not in {"gunicorn", "hypercorn"}:
        return ""
    named = value(given, "-k", "--worker-class") or ("sync" if server == "gunicorn" else "asyncio")
    # As gunicorn itself does: https://docs.gunicorn.org/en/stable/settings.html#threads
    return "gthread" if named == "sync" and threads != 1 else named


def _words(text: str) -> list[str]:
    try:
        return shlex.split(expanded(text, {}))
    except ValueError:
        return text.split()
