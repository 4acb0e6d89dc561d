"""``migrate-plan abandon``: give a migration up and leave the app as it is."""

from __future__ import annotations

from typing import Annotated

import typer

from migrate.cli import complete, options


def abandon(
    migration: Annotated[
        str, typer.Argument(help="The migration's id, such as mig-7f3k2q.", autocompletion=complete.migrations)
    ],
    confirm: options.Confirm = None,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Give a migration up and leave the app as it is.

    Sends nothing to Heroku. Prints what state the app is in and what to do by hand.
    """
    from migrate.cli.confirmation import confirm as ask
    from migrate.cli.speech import speaking
    from migrate.cli.world import World
    from migrate.ways.closing import abandon as give_up

    with speaking(json=json) as speech:
        kept = World(store, None, 1).store(speech)
        record = kept.record(migration)
        ask(speech, confirm, record.migration.app)
        result = give_up(kept, record, speech.clock)
        # Only now: one that is refused is no end of the migration's.
        speech.migration = record.migration.id
        speech.record(kept)
        speech.end(result)
