"""``migrate-plan spool``: what has been taken out of an old broker and is on no new one yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import complete, options
from migrate.cli.program import Program

if TYPE_CHECKING:
    from migrate.events import Result, SpoolRead

app = Program(help="See what was carried out of a broker that did not drain.", no_args_is_help=True)

Migration = Annotated[
    str, typer.Argument(help="The migration's id, such as mig-7f3k2q.", autocompletion=complete.migrations)
]


@app.command(name="list")
def list_(store: options.Store = None, json: options.Json = False) -> None:
    """List the spools of this machine."""
    from migrate.carry.contents import spools
    from migrate.cli.speech import speaking
    from migrate.results import nothing_to_do

    with speaking(json=json) as speech:
        folder, found = _folder(store), 0
        for read in spools(folder):
            speech.tell(read)
            found += 1
        if not found:
            speech.end(nothing_to_do(f"There is no spool in {folder}."))
        speech.end(_shown(f"{found} in {folder}."))


@app.command()
def show(
    migration: Migration,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most this many messages.")] = 100,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Show a spool's messages: queue, task, id, size, state; never what is in them."""
    from migrate.carry.contents import messages, read
    from migrate.cli.speech import speaking

    with speaking(json=json) as speech:
        found = read(_folder(store), migration)
        speech.tell(found)
        for message in messages(_folder(store), migration, limit):
            speech.tell(message)
        speech.end(_shown(_summary(found), f"migrate-plan spool export {migration}"))


@app.command()
def export(
    migration: Migration,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="By default MIGRATION.jsonl in this directory."),
    ] = None,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Write a spool's messages to a file, one a line, with their contents, which may be secret."""
    from migrate.carry.contents import export as write
    from migrate.cli.speech import speaking

    with speaking(json=json) as speech:
        target = output or Path(f"{migration}.jsonl")
        count = write(_folder(store), migration, target)
        speech.end(_shown(f"{count} messages are in {target}, which only you can read."))


def _folder(store: str | None) -> Path:
    import os

    from migrate.store.place import default_url, spool_folder

    return spool_folder(store or default_url(os.environ))


def _summary(found: SpoolRead) -> str:
    waiting = sum(int(str(queue["waiting"])) for queue in found.queues)
    total = sum(int(str(queue["messages"])) for queue in found.queues)
    return f"{waiting} of {total} messages are on no broker."


def _shown(what: str, *commands: str) -> Result:
    from migrate.events import Result
    from migrate.exits import Exit

    return Result(Exit.DONE, "SPOOL", what, "", "", commands)
