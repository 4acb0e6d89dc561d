"""``migrate-plan connections``: what an app opens to its broker, and whether that fits the plan."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import options

if TYPE_CHECKING:
    from migrate.advice.connection_rows import Count
    from migrate.advice.connection_verdict import Judgement
    from migrate.advice.practice import Practice
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import ConnectionsCounted, Result


def connections(
    app: options.App = None,
    add_on: options.AddOn = None,
    rabbitmq_api: options.RabbitmqApi = None,
    what_if: Annotated[
        str,
        typer.Option(
            "--what-if",
            metavar="NAME=VALUE,...",
            help="Other figures than now: plan, a process type's dynos, concurrency, pool, web-workers, web-threads.",
        ),
    ] = "",
    json: options.Json = False,
) -> None:
    """Count the connections that the app needs, by process type, and compare them with its plan's limit.

    Reads only. Exit 0: they fit, in a release too. 4: too many, or not known.
    """
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        speech.end(_connections(speech, World(None, rabbitmq_api, 1), (app, add_on), what_if))


def _connections(speech: Speech, world: World, which: tuple[str | None, str | None], text: str) -> Result:
    from migrate.advice.connection_result import result
    from migrate.advice.connection_rows import count
    from migrate.advice.reading import read_practice
    from migrate.advice.what_if import WhatIf, what_if
    from migrate.cli.sold_plan import sold_plan
    from migrate.cli.wish import which_app
    from migrate.cloudamqp import cloudamqp_add_ons
    from migrate.planning import opening

    heroku = world.heroku(speech)
    app = which_app(speech, heroku, which[0])
    found = opening.choose_add_on(cloudamqp_add_ons(heroku, app), which[1], app)
    practice = read_practice(heroku, world.brokers(), app, found)
    asked = what_if(text, {item.type for item in practice.formation}) if text else WhatIf()
    plan = sold_plan(heroku, asked.plan, practice.plan)
    counted = count(practice, asked, plan)
    speech.tell(_event(practice, plan, text, counted))
    return result(counted.judged, _next(app, which[1], text, counted.judged))


def _next(app: str, add_on: str | None, text: str, judged: Judgement) -> str:
    """Given what was asked and the verdict, return what to type then: what is not known can be said."""
    if not judged.missing:
        return f"migrate-plan plans --app {app}"
    said = ",".join([*([text] if text else []), *(f"{name}=N" for name in judged.missing)])
    named = ["--add-on", add_on] if add_on else []
    command = shlex.join(["migrate-plan", "connections", "--app", app, *named, "--what-if", said])
    return f"{command}    (with your figures for N)"


def _event(practice: Practice, plan: str, text: str, counted: Count) -> ConnectionsCounted:
    from migrate.brokers.report import Unreadable
    from migrate.events import ConnectionsCounted

    there = None if isinstance(counted.open, Unreadable) else counted.open
    return ConnectionsCounted(
        app=practice.app,
        add_on=practice.add_on,
        plan=plan,
        what_if=text,
        verdict=counted.judged.verdict.value,
        why=counted.judged.why,
        fixes=counted.judged.fixes,
        limit=counted.allowed.connections,
        limit_source=counted.allowed.source,
        formula=counted.needed.formula,
        estimate=counted.needed.connections,
        in_a_release=counted.needed.in_a_release,
        lower_bound=bool(counted.needed.unknown),
        open=there.total if there else None,
        unplaced=there.unplaced if there else None,
        unexplained=counted.needed.unexplained,
        own=counted.needed.own,
        rows=counted.rows,
    )
