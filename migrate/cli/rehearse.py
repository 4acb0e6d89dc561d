"""``migrate-plan rehearse``: the whole migration of one's own app under traffic, in a throwaway local Heroku."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.sandbox.address import SandboxAddress
    from migrate.sandbox.rehearsal.traffic import Traffic


def rehearse(
    app_dir: Annotated[
        Path, typer.Option("--app-dir", exists=True, file_okay=False, help="The app: a directory with a Procfile.")
    ] = Path(),
    plan_from: Annotated[str, typer.Option("--plan-from", metavar="PLAN", help="The plan to start on.")] = "lemur",
    plan_to: Annotated[str, typer.Option("--plan-to", metavar="PLAN", help="The plan to move to.")] = "bunny",
    strategy: options.Strategy = "documented",
    config: options.Config = None,
    request: Annotated[
        list[str] | None,
        typer.Option(
            "--request",
            metavar="'METHOD /PATH'",
            help="A request to send steadily; may be repeated. A path alone is a GET.",
        ),
    ] = None,
    rate: Annotated[float, typer.Option("--rate", min=0.01, help="How many requests a second.")] = 2.0,
    traffic: Annotated[
        str | None,
        typer.Option(
            "--traffic",
            metavar="COMMAND",
            help="Run this traffic command instead, with the app's address in APP_URL.",
        ),
    ] = None,
    tasks: Annotated[
        int, typer.Option("--tasks", min=1, help="How many tasks must run before the migration, and again after it.")
    ] = 20,
    accept: options.Accept = None,
    drain_timeout: options.DrainTimeout = 600,
    report: options.Report = None,
    json: options.Json = False,
) -> None:
    """Rehearse a migration of your own app: which tasks would be lost, which requests slow."""
    from migrate.cli.rehearsal import installed, perform
    from migrate.cli.speech import speaking

    with speaking(json=json) as speech:
        with installed():
            from migrate.sandbox.rehearsal.rehearsal import Rehearsal
            from migrate.sandbox.settings import SandboxSettings

        rehearsal = Rehearsal(
            plan_to=plan_to,
            strategy=strategy,
            settings=SandboxSettings(app="rehearsal", seed_plan=plan_from),
            start_traffic=_traffic(request or [], rate, traffic),
            tasks=tasks,
            app_dir=app_dir,
            config_vars=options.variables(config or []),
            accept=tuple(accept or ()),
            drain_timeout=drain_timeout,
        )
        perform(speech, rehearsal, report)


def _traffic(requests: list[str], rate: float, command: str | None) -> Callable[[SandboxAddress], Traffic]:
    from migrate.errors import UsageError
    from migrate.sandbox.rehearsal import traffic
    from migrate.sandbox.rehearsal.web_requests import NoRequest, parse

    if bool(requests) == (command is not None):
        raise UsageError(
            "No traffic is named, or two.",
            why="A rehearsal needs --request or --traffic, and not both.",
            next="migrate-plan rehearse --request 'POST /orders'    "
            "(or --traffic 'k6 run load.js', which finds the app in APP_URL)",
        )
    if command is not None:
        return functools.partial(traffic.of_command, command=command)
    try:
        for text in requests:
            parse(text)
    except NoRequest as error:
        raise UsageError("That is no request.", why=str(error), next="--request 'POST /orders'") from None
    return functools.partial(traffic.of_requests, requests=requests, rate=rate)
