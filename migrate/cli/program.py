"""What every command has without saying so: ``--debug``, and options whose defaults come from a file."""

from __future__ import annotations

import functools
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from msgspec.structs import replace

from migrate.cli.given import GIVEN, Given
from migrate.cli.plain_values import PlainCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        envvar="MIGRATE_DEBUG",
        help="If migrate-plan itself fails, print a stack trace on stderr, with secrets masked.",
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config-file",
        envvar="MIGRATE_CONFIG_FILE",
        metavar="FILE",
        help="Defaults for options; by default migrate-plan.toml here, or at the top of the checkout.",
    ),
]
_DEFAULT: Final = "DEFAULT"
_READS: Final = frozenset({"store", "rabbitmq_api"})
"""A command with one of these goes by the file."""


class Program(typer.Typer):
    """Commands that all have these options."""

    def command(self, name: str | None = None, *, by_file: bool = True, **settings: Any) -> Callable[..., Any]:
        """Return what registers a command; ``by_file`` False where it has nothing to do with real apps."""
        register = super().command(name, cls=PlainCommand, **settings)

        def registered(function: Callable[..., Any]) -> Callable[..., Any]:
            register(_with_options(function, by_file=by_file))
            return function

        return registered

    def callback(self, **settings: Any) -> Callable[..., Any]:
        """Return what registers the command that has no name."""
        register = super().callback(**settings)

        def registered(function: Callable[..., Any]) -> Callable[..., Any]:
            register(_with_options(function, by_file=True))
            return function

        return registered


def _with_options(function: Callable[..., Any], *, by_file: bool) -> Callable[..., Any]:
    signature = inspect.signature(function, eval_str=True)
    by_file = by_file and not _READS.isdisjoint(signature.parameters)
    more = {"debug": (Debug, False), **({"config_file": (ConfigFile, None)} if by_file else {})}
    own = dict(signature.parameters)
    own.setdefault("context", inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context))
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in more.items()
    ]

    @functools.wraps(function)
    def run(**values: Any) -> None:
        context: typer.Context = values["context"]
        asked = Given(values.pop("debug"), values.pop("config_file", None))
        GIVEN.set(_below(context, asked))
        if by_file and context.invoked_subcommand is None:
            values |= _from_file(context, values)
        function(**{name: value for name, value in values.items() if name in signature.parameters})

    every = [item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in (*own.values(), *added)]
    # Evaluated once: Typer would do it again for every command, at each start.
    run.__annotations__ = {item.name: item.annotation for item in every}
    vars(run)["__signature__"] = signature.replace(parameters=every)
    return run


def _below(context: typer.Context, asked: Given) -> Given:
    """Return what was asked of a command, with what was said before its name."""
    if context.parent is None:
        return asked
    above = GIVEN.get()
    return replace(asked, debug=asked.debug or above.debug, config_file=asked.config_file or above.config_file)


def _from_file(context: typer.Context, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values that a file has for options which nobody gave; what goes wrong is kept for the command."""
    from migrate.cli import config_file
    from migrate.errors import MigrateError

    given = GIVEN.get()
    free = {name for name in values if _source(context, name) == _DEFAULT}
    try:
        found = config_file.settings(given.config_file, values, free, new=context.parent is None)
    except MigrateError as error:
        GIVEN.set(replace(given, trouble=error))
        return {}
    GIVEN.set(replace(given, told=found.told))
    return found.values


def _source(context: typer.Context, name: str) -> str:
    source = context.get_parameter_source(name)
    return source.name if source is not None else ""
