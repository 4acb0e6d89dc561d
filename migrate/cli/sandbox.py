"""``migrate-plan sandbox``: a local Heroku with a real RabbitMQ, to rehearse on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import options
from migrate.cli.program import Program

if TYPE_CHECKING:
    from migrate.events import Result
    from migrate.sandbox.address import SandboxAddress

app = Program(help="A local Heroku with a real RabbitMQ, to rehearse on.", no_args_is_help=True)


@app.command()
def up(
    app_dir: Annotated[
        Path | None,
        typer.Option("--app-dir", exists=True, file_okay=False, help="An app with a Procfile; else the demo app."),
    ] = None,
    app_name: Annotated[str, typer.Option("--app", help="The app's name in the sandbox.")] = "demo-app",
    plan: Annotated[str, typer.Option("--plan", help="The plan that its CloudAMQP add-on starts on.")] = "lemur",
    config: options.Config = None,
    directory: options.Directory = None,
) -> None:
    """Bring a sandbox up; it stays until `sandbox down`."""
    from migrate.cli.speech import speaking

    with speaking(json=False) as speech:
        from migrate.sandbox import lifecycle
        from migrate.sandbox.settings import SandboxSettings

        speech.people.say("Bringing up a local Heroku with a real RabbitMQ.")
        settings = SandboxSettings(app=app_name, seed_plan=plan)
        try:
            address = lifecycle.start(_place(directory), settings, app_dir, options.variables(config or []))
        except lifecycle.SandboxFailed as error:
            raise _unusable("The sandbox did not come up.", str(error), _command("down", directory)) from None
        for line in _description(address):
            speech.people.say(line)
        speech.end(_done(f"The sandbox is up with {address.app}.", f'eval "$({_command("env", directory)})"'))


@app.command()
def status(directory: options.Directory = None) -> None:
    """Say whether a sandbox runs, and where."""
    from migrate.cli.speech import speaking

    with speaking(json=False) as speech:
        address = _address(directory)
        for line in _description(address):
            speech.people.say(line)
        speech.end(_done(f"The sandbox is up with {address.app}."))


@app.command()
def env(directory: options.Directory = None) -> None:
    """Print what a shell evaluates to point heroku, git and migrate-plan at the sandbox."""
    from migrate.cli.speech import speaking

    with speaking(json=False):
        from migrate.sandbox.rehearsal.rehearsal import environment, shell_lines

        for line in shell_lines(environment(_address(directory))):
            typer.echo(line)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="A dyno, as in worker.1; all of them by default.")] = "*",
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many lines of each.")] = 40,
    directory: options.Directory = None,
) -> None:
    """Print what the dyno processes wrote last."""
    from migrate.cli.speech import speaking

    with speaking(json=False) as speech:
        address = _address(directory)
        for log in sorted((address.directory / "logs" / address.app).glob(f"{name}.log")):
            for line in log.read_text(errors="replace").splitlines()[-lines:]:
                speech.people.say(f"{log.stem}: {line}")


@app.command()
def down(directory: options.Directory = None) -> None:
    """End the sandbox with everything that belongs to it."""
    from migrate.cli.speech import speaking

    with speaking(json=False) as speech:
        from migrate.sandbox import lifecycle

        place = _place(directory)
        any_more = " any more" if place.exists() else ""
        lifecycle.stop(place)
        left = "; what is in it is not a sandbox's and was left alone" if place.exists() else ""
        speech.end(_done(f"No sandbox runs in {place}{any_more}{left}."))


def _place(directory: Path | None) -> Path:
    if directory is not None:
        return directory
    from platformdirs import user_state_path

    return Path(user_state_path("migrate-plan")) / "sandbox"


def _address(directory: Path | None) -> SandboxAddress:
    from migrate.sandbox import lifecycle

    address = lifecycle.read(_place(directory))
    if address is None:
        why = f"None runs in {_place(directory)}."
        raise _unusable("There is no sandbox.", why, _command("up", directory))
    return address


def _unusable(what: str, why: str, command: str) -> Exception:
    from migrate.errors import SandboxUnusable

    return SandboxUnusable(what, why=why, next=command)


def _command(verb: str, directory: Path | None) -> str:
    return f"migrate-plan sandbox {verb}" + (f" --directory {directory}" if directory else "")


def _description(address: SandboxAddress) -> list[str]:
    return [
        f"Platform API    {address.api_url}",
        f"the app         {address.router_url}",
        f"management API  {address.rabbitmq_api or 'none'}",
        f"logs            {address.directory / 'logs' / address.app}",
    ]


def _done(what: str, *commands: str) -> Result:
    from migrate.events import Result as Ended
    from migrate.exits import Exit

    return Ended(Exit.DONE, "SANDBOX", what, "", "", commands)
