"""``migrate-plan completion``: the lines by which a shell completes; and what answers the shell."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM: Final = "migrate-plan"
VARIABLE: Final = "_MIGRATE_PLAN_COMPLETE"
SHELLS: Final = ("bash", "zsh", "fish")
_LONGEST_SECONDS: Final = 0.8
"""From the first line of the program to the end of the process; what is not known by then is not offered."""


def completion(
    shell: Annotated[
        str | None,
        typer.Argument(
            metavar="[bash|zsh|fish]", help="By default that of SHELL.", autocompletion=lambda: list(SHELLS)
        ),
    ] = None,
) -> None:
    """Print what makes a shell complete commands, options, apps, plans and migrations.

    For bash and zsh: eval "$(migrate-plan completion)". For fish: migrate-plan completion fish | source.
    """
    from migrate.cli.speech import speaking

    with speaking(json=False):
        from typer.completion import get_completion_script  # type: ignore[attr-defined]  # for Typer's own CLI

        from migrate.errors import UsageError

        wanted = shell or Path(os.environ.get("SHELL", "")).name
        if wanted not in SHELLS:
            raise UsageError(
                "No shell is named that is known.",
                why=f"There are: {', '.join(SHELLS)}.",
                next=f"{PROGRAM} completion bash",
            )
        typer.echo(get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=wanted))


def answer(run: Callable[[], object]) -> NoReturn:
    """Given the program, run it to answer a shell; whatever fails or lasts too long, nothing is said about it."""
    from threading import Timer

    from typer.completion import completion_init  # type: ignore[attr-defined]  # likewise

    end = Timer(_LONGEST_SECONDS, lambda: os._exit(0))
    end.daemon = True
    end.start()
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- for as long as the process lives
    try:
        completion_init()
        run()
    except Exception:  # noqa: BLE001 -- it would stand in the line that somebody types
        sys.exit(0)
    sys.exit(0)
