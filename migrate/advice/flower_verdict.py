"""What the places in which Flower is told where to read mean: nothing to do, or an error that says what to do."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from migrate.advice.flower_line import VARIABLE
from migrate.advice.flower_places import Leads
from migrate.errors import FlowerElsewhere, FlowerUnproven
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.advice.flower_line import FlowerLine
    from migrate.advice.flower_places import Place


def refuse_elsewhere(places: Sequence[Place], line: FlowerLine, app: str) -> None:
    """Given every place and what Flower should be told, raise unless all lead to the broker that the app has.

    Raises FlowerElsewhere or FlowerUnproven.
    """
    wrong = [place for place in places if place.leads in {Leads.ELSEWHERE, Leads.REFUSED}]
    if wrong:
        raise FlowerElsewhere(
            f"What tells Flower, or another monitor, where to read does not lead to the broker of {app}.",
            why="; ".join(map(_told, wrong)) + ".",
            next=_next(wrong, line, app),
        )
    unknown = [place for place in places if place.leads is Leads.UNKNOWN]
    if unknown:
        raise FlowerUnproven(
            f"Whether Flower reads the broker of {app} is not known.",
            why="; ".join(map(_told, unknown)) + ".",
            next=f"heroku config --app {app}    (which broker do they lead to?)",
        )


def _told(place: Place) -> str:
    return f"{place.where} ({place.holds}): {place.why}"


def _next(wrong: Sequence[Place], line: FlowerLine, app: str) -> str:
    variables = [place.where.removeprefix("config var ") for place in wrong if place.where.startswith("config var ")]
    if VARIABLE in variables:
        return f"heroku config:set {VARIABLE}={shlex.quote(line.broker_api)} --app {app}"
    if variables:
        return f"heroku config:edit {variables[0]} --app {app}    (or heroku config:unset, if nothing needs it)"
    return f"migrate-plan flower --app {app}    (for the Procfile: {listed([place.where for place in wrong])})"
