"""``migrate-plan resume``: go on with a migration that stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import options

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result
    from migrate.store.store import Store


def resume(
    migration: Annotated[str, typer.Argument(help="Its id, as in mig-7f3k2q.")],
    accept: options.Accept = None,
    drain_timeout: options.DrainTimeout = 3600,
    store: options.Store = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Go on with a migration that stopped part-way."""
    from migrate.cli.speech import speaking
    from migrate.cli.world import World
    from migrate.errors import StoreUnusable

    with speaking(json=json) as speech:
        world = World(store, rabbitmq_api, drain_timeout)
        try:
            speech.end(resume_migration(speech, world, world.store(speech), migration, tuple(accept or ())))
        except StoreUnusable:
            # From here on the command is about a migration: that this process changed nothing says little.
            speech.migration = migration
            raise


def resume_migration(speech: Speech, world: World, store: Store, migration: str, accepted: tuple[str, ...]) -> Result:
    """Given a migration's id, go on with it and return how it ended."""
    from migrate.errors import MigrateError
    from migrate.results import nothing_to_do, stop
    from migrate.store.journal import Journal
    from migrate.store.store import State

    record = store.record(migration)
    if record.state in {State.DONE, State.ENDED}:
        return nothing_to_do(f"Migration {migration} of {record.migration.app} is {record.state}: nothing to resume.")
    accepting = store.accept(record.migration, accepted)
    try:
        return world.runner(speech, store, world.heroku(speech)).resume(accepting)
    except MigrateError as error:
        # It did not even begin; the app is as the migration left it.
        journal = Journal(store, migration, speech.clock)
        return stop(error, record.migration, journal, world.resume_command(record.migration))
