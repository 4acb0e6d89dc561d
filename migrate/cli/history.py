"""``migrate-plan history``: every migration that the store knows."""

from __future__ import annotations

from typing import Annotated

import typer

from migrate.cli import options


def history(
    app: Annotated[str | None, typer.Option("--app", "-a", help="Only those of this app.")] = None,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """List all migrations in the store, or those of an app, newest first."""
    from migrate.cli.speech import speaking
    from migrate.cli.world import World
    from migrate.history import history as read
    from migrate.results import listed, nothing_to_do
    from migrate.wording import counted

    with speaking(json=json) as speech:
        found = World(store, None, 1).looked(speech, lambda seen: read(seen, speech.clock, app))
        if not found.migrations:
            of = f" of {app}" if app else ""
            speech.end(nothing_to_do(f"The store has no migration{of}."))
        speech.tell(found)
        newest = found.migrations[0].migration
        speech.end(listed(f"{counted(len(found.migrations), 'migration')}.", f"migrate-plan status {newest}"))
