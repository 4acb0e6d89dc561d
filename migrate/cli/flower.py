"""``migrate-plan flower``: how to start Flower on an app's broker, and what still leads one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import options

if TYPE_CHECKING:
    from migrate.brokers.address import BrokerAddress
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result


def flower(
    app: options.App = None,
    add_on: options.AddOn = None,
    reveal: Annotated[
        bool,
        typer.Option("--reveal", help="Show the broker's password, in the command line that CloudAMQP's page has."),
    ] = False,
    store: options.Store = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Show how to start Flower on the app's broker, and find what still leads it to an old broker.

    Reads Heroku and the store only. The password is masked unless --reveal is given.
    """
    from migrate.cli.speech import speaking
    from migrate.cli.world import World
    from migrate.errors import UsageError

    with speaking(json=json) as speech:
        if reveal and json:
            raise UsageError(
                "--reveal cannot be used with --json.",
                why="Events hold no secret.",
                next="the same command without one of them",
            )
        speech.end(_flower(speech, World(store, rabbitmq_api, 1), app, add_on, reveal=reveal))


def _flower(speech: Speech, world: World, wanted: str | None, add_on_name: str | None, *, reveal: bool) -> Result:
    from migrate import results
    from migrate.advice.flower_verdict import refuse_elsewhere
    from migrate.advice.reading_flower import read_flower
    from migrate.cli.wish import which_add_on, which_app

    heroku = world.heroku(speech)
    app = which_app(speech, heroku, wanted)
    add_on = which_add_on(speech, heroku, app, add_on_name)
    read, address, base_url = read_flower(heroku, world.brokers(), world.store_to_read(speech), app, add_on)
    speech.tell(read)
    if reveal:
        _reveal(address, base_url, read.line.command)
    refuse_elsewhere(read.places, read.line, app)
    return results.listed(f"Nothing leads a Flower of {app} to another broker.", "")


def _reveal(address: BrokerAddress, base_url: str, command: str) -> None:
    """Print the one line of this program that has a secret in it, past everything that would mask it."""
    from shlex import quote

    from migrate.advice.flower_line import needs_encoding, revealed

    typer.echo("With the password, as --reveal asked; keep it out of histories and logs:")
    typer.echo(f"  {command} --broker_api={quote(revealed(address, base_url))}")
    if needs_encoding(address):
        typer.echo("  It does not work: Flower sends user and password as they are encoded here, and is refused.")
