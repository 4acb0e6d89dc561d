"""The Typer application and its entry point."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, Final

from migrate.cli import again, completion, faults, move
from migrate.cli.on_demand import OnDemand, group_of
from migrate.cli.program import Program

COMMANDS: Final = (
    *("apply", "resume", "continue", "finish", "rollback", "abandon", "unlock", "status", "watch", "history"),
    *("report", "plans", "connections", "runbook", "messages", "doctor", "flower", "completion", "rehearse"),
    *("fleet", "spool", "sandbox"),
)
"""In the order of help. Each has a file of its name, in which is a function of that name, or an ``app``."""
_FILES: Final = {"continue": "continue_"}
_OF_NO_REAL_APP: Final = frozenset({"rehearse"})


def _application(**settings: Any) -> Program:
    return Program(
        name="migrate-plan",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
        **settings,
    )


def _application_of(command: str) -> Program:
    """Given a command's name, load its file and return an application with it alone."""
    file, alone = _FILES.get(command, command), _application()
    module = import_module(f"migrate.cli.{file}")
    if hasattr(module, "app"):
        alone.add_typer(module.app, name=command)
    else:
        alone.command(name=command, by_file=command not in _OF_NO_REAL_APP)(getattr(module, file))
    return alone


app = _application(cls=group_of(OnDemand(COMMANDS, _application_of)))
app.callback(invoke_without_command=True)(move.move)


def main() -> None:
    """Run the command line of this process."""
    if completion.VARIABLE in os.environ:
        completion.answer(lambda: app(prog_name=completion.PROGRAM))
    from typer.main import get_command

    faults.watch()
    again.TYPED.set(tuple(sys.argv[1:]))
    # Not app(), which puts a hook of its own in place of that one: https://github.com/fastapi/typer (Typer.__call__).
    get_command(app)()
