"""``migrate-plan doctor``: whether an app uses its broker as CloudAMQP recommends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import complete, options

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result


def doctor(
    app: options.App = None,
    add_on: options.AddOn = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            autocompletion=complete.plans,
            metavar="PLAN",
            help="Check against this plan, not against the add-on's own.",
        ),
    ] = None,
    app_dir: Annotated[
        Path | None,
        typer.Option(
            "--app-dir",
            exists=True,
            file_okay=False,
            help="Check a checkout instead: its Procfile, and its settings by import.",
        ),
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option("--python", exists=True, help="With --app-dir: the Python that can import the app."),
    ] = None,
    config: options.Config = None,
    one_off: Annotated[
        bool,
        typer.Option(
            "--one-off",
            help="If no worker answers, start a one-off dyno for some seconds to read the settings.",
        ),
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept", metavar="CODE", help="Do not fail for this row, because you have checked it; may be repeated."
        ),
    ] = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Look at settings, worker commands, web processes and queues, and say what to change.

    Reads only, except with --one-off. Exits with 4 if something should be changed for this plan, or is not known.
    """
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        if app_dir is not None:
            from migrate.advice.checkout import Checkout

            checkout = Checkout(app_dir, python, options.variables(config or []))
            speech.end(_told(speech, checkout.practice(_named(to or _STRICTEST), to_move=to is not None), accept))
        world = World(None, rabbitmq_api, 1)
        speech.end(_told(speech, _practice(speech, world, app, add_on, to, one_off=one_off), accept))


_STRICTEST = "lemur"
"""A checkout does not show on which plan its app is."""


def _named(plan: str) -> str:
    """Given a plan where Heroku is not asked for its list, return its full name; raises UsageError."""
    from migrate.brokers.plan_pairs import KINDS, kind_of_plan
    from migrate.cloudamqp import full_plan_name
    from migrate.errors import UsageError

    name = full_plan_name(plan)
    if kind_of_plan(name) not in KINDS:
        raise UsageError(f"No plan {name} is known.", next="migrate-plan plans")
    return name


def _practice(
    speech: Speech, world: World, wanted: str | None, add_on: str | None, to: str | None, *, one_off: bool
) -> Practice:
    from msgspec.structs import replace

    from migrate.advice.reading import read_practice
    from migrate.advice.severity import on_plan
    from migrate.cli.sold_plan import sold_plan
    from migrate.cli.wish import which_app
    from migrate.cloudamqp import cloudamqp_add_ons
    from migrate.planning import opening

    heroku = world.heroku(speech)
    app = which_app(speech, heroku, wanted)
    chosen = opening.choose_add_on(cloudamqp_add_ons(heroku, app), add_on, app)
    plan = sold_plan(heroku, to, chosen.plan)
    found = read_practice(heroku, world.brokers(), app, chosen)
    if found.is_mute and (one_off or _asks_for_one(speech, app)):
        from migrate.advice.one_off import told_by_one_off

        found = told_by_one_off(heroku, speech.clock, found)
    return found if plan == chosen.plan else replace(on_plan(found, plan), is_to_move=True)


def _asks_for_one(speech: Speech, app: str) -> bool:
    """Whether somebody at the terminal wants a one-off dyno."""
    if not speech.interactive:
        return False
    from migrate.cli import ask

    return ask.whether(f"No worker of {app} answers. Start a one-off dyno for some seconds to print its settings?")


def _told(speech: Speech, practice: Practice, accept: list[str] | None) -> Result:
    from migrate import results
    from migrate.advice.rows import rows
    from migrate.advice.summary import check_codes, refuse, tally, unknown
    from migrate.events import Advised

    accepted, found = tuple(accept or ()), rows(practice)
    check_codes(accepted, found)
    speech.tell(Advised(practice.app, practice.add_on, practice.plan, practice.source, found))
    refuse(found, practice.app, practice.plan, accepted)
    return results.advised(f"{practice.app}: {tally(found)}.", unknown(found))
