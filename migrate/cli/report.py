"""``migrate-plan report``: one HTML page about a migration, in a file that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import complete, options

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result
    from migrate.store.records import Record
    from migrate.store.store import Store


def report(
    migration: Annotated[
        str | None, typer.Argument(help="Its id; by default the newest one.", autocompletion=complete.migrations)
    ] = None,
    app: options.App = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write it; by default report-MIGRATION.html here."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Write a page about a migration: verdict, steps, queues, messages, changes, calls and events.

    Reads the store alone, in whatever state the migration is. The page is one file; no secret is in it.
    """
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        speech.end(_report(speech, World(store, None, 1), migration, app, output, force=force))


def _report(
    speech: Speech, world: World, migration: str | None, app: str | None, output: Path | None, *, force: bool
) -> Result:
    from migrate import results

    store = world.store_to_read(speech)
    stored = store.record(migration) if migration else store.newest(app)
    if stored is None:
        return results.nothing_to_do(f"The store has no migration{f' of {app}' if app else ''}.")
    path = output or Path(f"report-{stored.migration.id}.html")
    if not force:
        refuse_overwriting(path, world.command("report", stored.migration, "-o", str(path), "--force"))
    write(speech, world, store, stored, path)
    return results.reported(str(path), stored.migration.id)


def refuse_overwriting(path: Path, command: str) -> None:
    """Raise ReportNotWritten where something is at a path; ``command`` writes it all the same."""
    from migrate.errors import ReportNotWritten

    if path.exists() or path.is_symlink():
        raise ReportNotWritten(f"{path} is there already.", why="Nothing is overwritten unasked.", next=command)


def write(speech: Speech, world: World, store: Store, stored: Record, path: Path, option: str = "--output") -> None:
    """Write the page about a migration; raises StoreUnusable and ReportNotWritten."""
    from migrate.clients import private_file
    from migrate.errors import ReportNotWritten
    from migrate.report.making import made

    private_file.write(path, made(store, stored, speech.clock, world.command), ReportNotWritten, option)
