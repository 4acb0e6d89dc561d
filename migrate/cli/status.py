"""``migrate-plan status``: where a migration stands, also from another terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import complete, options

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result, StatusRead
    from migrate.migration import Migration
    from migrate.store.records import Reading


def status(
    migration: Annotated[
        str | None,
        typer.Argument(
            help="The migration's id; by default the newest migration.", autocompletion=complete.migrations
        ),
    ] = None,
    app: options.App = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep watching until no process works on it; exits as the migration did.")
    ] = False,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Say where a migration stands, what state its app is in, and what to type next.

    Reads the store; of an app that the store does not know, the mark that a migration leaves on it.
    """
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        speech.end(status_of(speech, World(store, None, 1), migration, app, watched=watch))


def status_of(speech: Speech, world: World, migration: str | None, app: str | None, *, watched: bool) -> Result:
    """Tell where a migration stands, once or until it is over; return the result."""
    from migrate import results

    if watched:
        store = world.store_to_read(speech)
        record = store.record(migration) if migration else store.newest(app)
        if record is not None:
            from migrate.cli.watching import watch

            speech.migration = record.migration.id
            return watch(speech, world, store, record.migration)
    found = world.looked(speech, lambda seen: _found(seen, speech, world, migration, app))
    if found is None:
        return _on_app(speech, world, app) if app else results.nothing_to_do("The store has no migration.")
    known, read, result = found
    speech.emit(known, read)
    return result


def _found(
    store: Reading, speech: Speech, world: World, migration: str | None, app: str | None
) -> tuple[Migration, StatusRead, Result] | None:
    from migrate.standing import standing

    record = store.record(migration) if migration else store.newest(app)
    return None if record is None else (record.migration, *standing(store, record, speech.clock, world.command))


def _on_app(speech: Speech, world: World, app: str) -> Result:
    from migrate import results
    from migrate.errors import AccessError, MigrationUnknown
    from migrate.ways import adoption

    unknown = f"The store has no migration of {app}"
    try:
        found = adoption.found_on_app(world.heroku(speech), app, speech.clock)
    except MigrationUnknown:
        return results.nothing_to_do(f"{unknown}, and the app carries no mark of one.")
    except AccessError as error:
        return results.nothing_to_do(f"{unknown}. Heroku was not asked: {error.what}")
    speech.emit(found.migration, found.status)
    return adoption.result(found)
