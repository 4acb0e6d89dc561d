"""``migrate-plan status``: where a migration stands, also from another terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import options

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result


def status(
    migration: Annotated[str | None, typer.Argument(help="Its id; by default the newest one.")] = None,
    app: options.App = None,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Say where a migration stands, what state its app is in, and what to type next. Reads the store alone."""
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        speech.end(_status(speech, World(store, None, 1), migration, app))


def _status(speech: Speech, world: World, migration: str | None, app: str | None) -> Result:
    from migrate import opening, results

    store = world.store(speech)
    record = store.record(migration) if migration else store.newest(app)
    if record is None:
        return results.nothing_to_do(f"The store has no migration{f' of {app}' if app else ''}.")
    read, result = opening.standing(store, record, speech.clock, world.resume_command)
    speech.emit(record.migration, read)
    return result
