"""``migrate-plan watch``: the same as ``status --watch``, or a live page for browsers on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from migrate.cli import complete, options

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result
    from migrate.store.records import Record
    from migrate.store.store import Store
    from migrate.web.board import Board

_EVERY_SECONDS: Final = 0.5


def watch(
    migration: Annotated[
        list[str] | None,
        typer.Argument(
            help="Its id, or several with --web; by default the newest.", autocompletion=complete.migrations
        ),
    ] = None,
    app: options.App = None,
    web: Annotated[
        bool, typer.Option("--web", help="Serve a live page on 127.0.0.1, read-only, to whoever has its address.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="With --web: all that can go on or began today, also those to come.")
    ] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="With --web: which port; by default one that is free.")
    ] = 0,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Follow a migration until nobody works on it any more; with --web on a page in a browser, until Ctrl-C.

    Reads the store alone. Whoever ends the watch ends nothing else.
    """
    from migrate.cli.speech import speaking
    from migrate.cli.world import World
    from migrate.errors import UsageError

    ids = tuple(dict.fromkeys(migration or ()))
    with speaking(json=json) as speech:
        if not web and (every or port or len(ids) > 1):
            raise UsageError(
                "Only a page shows several migrations, or has a port.",
                why="--all, --port and more than one migration go with --web.",
                next="migrate-plan watch --web --all",
            )
        if every and (ids or app):
            raise UsageError("--all goes with no migration and no --app.", next="migrate-plan watch --web --all")
        world = World(store, None, 1)
        speech.end(_serve(speech, world, ids, app, port, every=every) if web else _follow(speech, world, ids, app))


def _follow(speech: Speech, world: World, ids: tuple[str, ...], app: str | None) -> Result:
    from migrate.cli.status import status_of

    return status_of(speech, world, ids[0] if ids else None, app, watched=True)


def _serve(speech: Speech, world: World, ids: tuple[str, ...], app: str | None, port: int, *, every: bool) -> Result:
    from migrate import results
    from migrate.cli.watching import unwatched
    from migrate.results import Stopped
    from migrate.secrets import Secret
    from migrate.web.board import Board
    from migrate.web.server import serving

    store = world.store_to_read(speech)
    shown = _shown(store, ids, app)
    if not shown and not every:
        return results.nothing_to_do(f"The store has no migration{f' of {app}' if app else ''}.")
    board = Board(store, speech.clock, world.command, () if every else tuple(item.migration.id for item in shown))
    try:
        with serving(board, port) as url:
            speech.say(f"Watch at {url}    (this machine alone; Ctrl-C ends it)")
            Secret(url.rsplit("/", 2)[1])  # from here on nothing that is printed has it
            _keep_looking(speech, board)
    except Stopped as stopped:
        again = f"migrate-plan watch --web{' --all' if every else ''}"
        return unwatched(stopped, world.command("watch", shown[0].migration, "--web") if len(shown) == 1 else again)


def _keep_looking(speech: Speech, board: Board) -> NoReturn:
    while True:
        board.look()
        speech.clock.sleep(_EVERY_SECONDS)


def _shown(store: Store, ids: tuple[str, ...], app: str | None) -> tuple[Record, ...]:
    if ids:
        return tuple(store.record(item) for item in ids)
    newest = store.newest(app)
    return () if newest is None else (newest,)
