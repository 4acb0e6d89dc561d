"""``migrate-plan continue``: open the gate at which a migration waits, from any machine with the same store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import complete, options

if TYPE_CHECKING:
    from migrate.store.records import Record
    from migrate.store.store import Store


def continue_(
    migration: Annotated[
        str | None,
        typer.Argument(
            help="The migration's id; by default the app's unfinished migration.", autocompletion=complete.migrations
        ),
    ] = None,
    app: options.App = None,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="End the wait instead: the migration stops there and can be resumed.")
    ] = False,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Open the gate at which a migration waits (--hold-before), or end the wait.

    The process that waits hears of it within seconds.
    """
    from migrate.cli.speech import speaking
    from migrate.cli.world import World
    from migrate.ways.at_gates import cancelled, opened

    with speaking(json=json) as speech, speech.about(migration):
        world = World(store, None, 1)
        kept = world.store(speech)
        record = _wanted(kept, migration, app)
        speech.migration = record.migration.id
        say = cancelled if cancel else opened
        speech.end(say(kept, record, speech.clock, world.command))


def _wanted(store: Store, migration: str | None, app: str | None) -> Record:
    from migrate.clients.git import app_of_remote
    from migrate.errors import MigrationUnknown, UsageError

    if migration:
        return store.record(migration)
    if not (found := app or app_of_remote()):
        raise UsageError(
            "No migration is named.",
            why="Neither its id nor --app is given, and there is no git remote heroku here.",
            next="migrate-plan status    (shows the newest one)",
        )
    if (record := store.unfinished(found)) is None:
        raise MigrationUnknown(f"The store has no unfinished migration of {found}.", next="migrate-plan status")
    return record
