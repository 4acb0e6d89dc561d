"""``migrate-plan runbook``: the page of a step or a code, on the screen."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from migrate.cli import complete


def runbook(
    name: Annotated[
        str | None,
        typer.Argument(
            autocompletion=complete.topics,
            metavar="[STEP|CODE]",
            help="A step, or the code of an error or a finding; without it, all are listed.",
        ),
    ] = None,
) -> None:
    """Show what to do about a step, an error or a finding.

    What you see, what state the app is in, what to do now, the same by hand, how to undo it.
    """
    from migrate.cli.speech import speaking

    with speaking(json=False):
        from migrate import handbook
        from migrate.listeners import runbook_text

        if name is None:
            runbook_text.show_all(sys.stdout)
        else:
            runbook_text.show(handbook.look_up(name), sys.stdout)
