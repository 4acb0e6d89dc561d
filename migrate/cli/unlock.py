"""``migrate-plan unlock``: take an app's lock from a process on a machine that is gone."""

from __future__ import annotations

from typing import Annotated

import typer

from migrate.cli import complete, options


def unlock(
    migration: Annotated[
        str, typer.Argument(help="The migration's id, such as mig-7f3k2q.", autocompletion=complete.migrations)
    ],
    confirm: options.Confirm = None,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Take a migration's lock from a machine that is gone."""
    from migrate.cli.confirmation import confirm as ask
    from migrate.cli.speech import speaking
    from migrate.cli.world import World
    from migrate.ways.closing import unlock as take_away

    with speaking(json=json) as speech:
        world = World(store, None, 1)
        kept = world.store(speech)
        record = kept.record(migration)
        ask(speech, confirm, record.migration.app)
        speech.end(take_away(kept, record, world.command))
