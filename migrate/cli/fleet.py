"""``migrate-plan fleet``: many apps to one plan, in waves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import options
from migrate.cli.program import Program

if TYPE_CHECKING:
    from migrate.cli.audience import Audience

app = Program(help="Move many apps to one plan, in waves.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The file that says which apps, to which plan: fleet.toml.")]
Named = Annotated[str | None, typer.Argument(help="Its name or id; by default the newest one.")]
Confirm = Annotated[
    str | None, typer.Option("--confirm", metavar="NAME", help="The fleet's name, instead of typing it when asked.")
]


Broker = Annotated[
    str | None,
    typer.Option(
        "--broker",
        metavar="URL",
        envvar="MIGRATE_FLEET_BROKER",
        help="What carries apps to `fleet worker`, on whichever machines. Better in MIGRATE_FLEET_BROKER.",
    ),
]


def _audience(audit_log: Path | None, hook: list[str] | None, notify: str | None) -> Audience:
    from migrate.cli.audience import Audience

    return Audience(audit_log, tuple(hook or ()), notify)


@app.command()
def preview(
    file: File,
    accept: options.Accept = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Look at every app as its preflight would: which would be refused, and why; reads only."""
    from migrate.cli.fleet_preview import previewed
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        speech.end(previewed(speech, World(None, rabbitmq_api, 1), file, tuple(accept or ())))


@app.command()
def run(
    file: File,
    confirm: Confirm = None,
    accept: options.Accept = None,
    broker: Broker = None,
    audit_log: options.AuditLog = None,
    hook: options.Hook = None,
    notify: options.Notify = None,
    store: options.Store = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Begin a fleet, and work on it until it is over or waits for a word."""
    from migrate.cli.fleet_run import Wanted, begin
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        world = World(store, rabbitmq_api, 3600, audience=_audience(audit_log, hook, notify))
        speech.end(begin(speech, world, file, Wanted(confirm, tuple(accept or ()), broker)))


@app.command()
def status(fleet: Named = None, store: options.Store = None, json: options.Json = False) -> None:
    """Say how a fleet stands, app by app, and what to type next; reads the store."""
    from migrate.cli.fleet_words import status_of
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        speech.end(status_of(speech, World(store, None, 1), fleet))


@app.command()
def pause(fleet: Named = None, store: options.Store = None, json: options.Json = False) -> None:
    """Let no further app begin; those that have begun go on."""
    from migrate.cli.fleet_words import paused
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        speech.end(paused(speech, World(store, None, 1), fleet))


@app.command()
def stop(fleet: Named = None, store: options.Store = None, json: options.Json = False) -> None:
    """Stop all apps that are before their point of no return; the others are finished."""
    from migrate.cli.fleet_words import stopped
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        speech.end(stopped(speech, World(store, None, 1), fleet))


@app.command(name="continue")
def continue_(
    fleet: Named = None,
    broker: Broker = None,
    audit_log: options.AuditLog = None,
    hook: options.Hook = None,
    notify: options.Notify = None,
    store: options.Store = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Let a fleet go on that was paused, stopped, left or waits at a gate, and work on it."""
    from migrate.cli.fleet_run import go_on
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        world = World(store, rabbitmq_api, 3600, audience=_audience(audit_log, hook, notify))
        speech.end(go_on(speech, world, fleet, broker))


@app.command()
def retry(
    fleet: Named = None,
    app: Annotated[list[str] | None, typer.Option("--app", "-a", help="Only this one; may be repeated.")] = None,
    accept: options.Accept = None,
    broker: Broker = None,
    audit_log: options.AuditLog = None,
    hook: options.Hook = None,
    notify: options.Notify = None,
    store: options.Store = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Go on with apps that failed, and begin again with those that were refused."""
    from migrate.cli.fleet_run import Wanted, again
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        world = World(store, rabbitmq_api, 3600, audience=_audience(audit_log, hook, notify))
        speech.end(again(speech, world, fleet, tuple(app or ()), Wanted(None, tuple(accept or ()), broker)))


@app.command()
def report(
    fleet: Named = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write one HTML page there; Markdown where FILE ends in .md.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Write a page about a fleet: waves, what to look at, the slowest, every app.

    Without -o it goes to stdout, in Markdown. Reads the store alone; no secret is in it.
    """
    from migrate.cli.fleet_words import reported
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json, markdown=output is None) as speech:
        speech.end(reported(speech, World(store, None, 1), fleet, output, force=force))


@app.command()
def worker(
    broker: Broker = None,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=100, help="How many apps at once.")] = 10,
    audit_log: options.AuditLog = None,
    hook: options.Hook = None,
    notify: options.Notify = None,
    store: options.Store = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Work on the apps of fleets that were begun with a broker, until it is told to end."""
    from migrate.cli.fleet_worker import served
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        world = World(store, rabbitmq_api, 3600, audience=_audience(audit_log, hook, notify))
        speech.end(served(speech, world, broker, concurrency))
