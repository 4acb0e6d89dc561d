"""The Typer application and its entry point."""

from __future__ import annotations

import os
import sys

from migrate.cli import (
    abandon,
    again,
    apply,
    completion,
    connections,
    continue_,
    doctor,
    faults,
    finish,
    fleet,
    flower,
    history,
    messages,
    move,
    plans,
    rehearse,
    report,
    resume,
    rollback,
    runbook,
    sandbox,
    spool,
    status,
    unlock,
    watch,
)
from migrate.cli.program import Program

app = Program(
    name="migrate-plan",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
app.callback(invoke_without_command=True)(move.move)
app.command(name="apply")(apply.apply)
app.command(name="resume")(resume.resume)
app.command(name="continue")(continue_.continue_)
app.command(name="finish")(finish.finish)
app.command(name="rollback")(rollback.rollback)
app.command(name="abandon")(abandon.abandon)
app.command(name="unlock")(unlock.unlock)
app.command(name="status")(status.status)
app.command(name="watch")(watch.watch)
app.command(name="history")(history.history)
app.command(name="report")(report.report)
app.command(name="plans")(plans.plans)
app.command(name="connections")(connections.connections)
app.command(name="runbook")(runbook.runbook)
app.command(name="messages")(messages.messages)
app.command(name="doctor")(doctor.doctor)
app.command(name="flower")(flower.flower)
app.command(name="completion")(completion.completion)
app.command(name="rehearse", by_file=False)(rehearse.rehearse)
app.add_typer(fleet.app, name="fleet")
app.add_typer(spool.app, name="spool")
app.add_typer(sandbox.app, name="sandbox")


def main() -> None:
    """Run the command line of this process."""
    if completion.VARIABLE in os.environ:
        completion.answer(lambda: app(prog_name=completion.PROGRAM))
    from typer.main import get_command

    faults.watch()
    again.TYPED.set(tuple(sys.argv[1:]))
    # Not app(), which puts a hook of its own in place of that one: https://github.com/fastapi/typer (Typer.__call__).
    get_command(app)()
