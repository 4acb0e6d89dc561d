"""How to start Flower, and what tells one now, for people: the verdict first."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from migrate.advice.flower_line import VARIABLE
from migrate.advice.flower_places import Leads
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.events import FlowerRead


def lines(read: FlowerRead) -> Iterator[str]:
    """Given what was found, return the lines."""
    yield _verdict(read)
    for place in read.places:
        yield f"  {place.where}: {place.holds}, leads {place.leads}{f': {place.why}' if place.why else ''}"
    if read.processes and not read.places:
        yield (
            f"  No command line and no {VARIABLE} says where {listed(read.processes)} reads: a flowerconfig.py may. "
            "Without one Flower asks the broker's host on port 15672, which CloudAMQP does not have."
        )
    if read.not_looked_for:
        yield f"  Copies of an old broker's address under other names were not looked for: {read.not_looked_for}."
    yield from _how(read)


def _verdict(read: FlowerRead) -> str:
    leads = {place.leads for place in read.places}
    if leads & {Leads.ELSEWHERE, Leads.REFUSED}:
        return f"ELSEWHERE: not all that tells Flower where to read leads to the broker of {read.app}."
    if Leads.UNKNOWN in leads:
        return f"UNKNOWN: where Flower reads is not seen for {read.app}."
    if leads:
        return f"HERE: what tells Flower where to read leads to the broker of {read.app}."
    return f"NOTHING FOUND: nothing that can be seen tells a Flower of {read.app} where to read."


def _how(read: FlowerRead) -> Iterator[str]:
    line = read.line
    yield "Flower 2.2 or later shows this broker's queues with, in the Procfile of an app of its own:"
    yield f"  web: {line.command}"
    yield f"(only web is reached from outside; that app gets the broker by heroku addons:attach {read.add_on})"
    stays = ", which stays right after a migration" if line.follows else ""
    yield f"and either a file flowerconfig.py beside it{stays}:"
    yield from (f"  {text}" for text in line.settings.splitlines())
    yield f"or a config var{', which does not' if line.follows else ''}:"
    yield f"  heroku config:set {VARIABLE}={shlex.quote(line.broker_api)} --app {read.app}"
    yield "User and password are in neither: Flower has them from the app's broker URL. As CloudAMQP's page has it:"
    yield f"  {line.command} --broker_api={shlex.quote(line.with_credentials)}"
    yield "  Everybody who can see processes or the Procfile sees the password there; --reveal shows it here."
    if line.doubt:
        yield f"But {line.doubt}."
    yield (
        "With broker_pool_limit below 10 its workers' pages stay empty: it asks eight questions at once, each on two "
        "connections. Leave it at 10 in Flower's process."
    )
    yield f"Whoever opens Flower can stop workers: heroku config:set FLOWER_BASIC_AUTH=NAME:PASSWORD --app {read.app}"
