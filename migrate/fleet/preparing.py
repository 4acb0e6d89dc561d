"""What is read and decided about one app of a fleet before its first step, as for an app alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migrate.choosing import choices_of
from migrate.cloudamqp import cloudamqp_add_ons, full_plan_name
from migrate.migration import MARKER
from migrate.planning import opening
from migrate.survey import looking_at, survey

if TYPE_CHECKING:
    from migrate.clients.broker import Brokers
    from migrate.clients.heroku import Heroku
    from migrate.events import Previewed
    from migrate.facts import Facts
    from migrate.fleet.members import Fleet
    from migrate.migration import Migration


class Prepared(Struct, frozen=True):
    """An app that was looked at."""

    migration: Migration
    previewed: Previewed
    facts: Facts


def prepare(heroku: Heroku, brokers: Brokers, fleet: Fleet, app: str, migration: str) -> Prepared | None:
    """Given an app of a fleet and the id of its migration, return what would be done; None where it is moved already.

    Reads only. Raises what keeps it from being previewed; findings are in the preview, and not heeded here.
    """
    choices = choices_of(fleet.options_of(app), fleet.accepted)
    heroku = looking_at(heroku, app)
    name = heroku.app(app).name
    opening.refuse_marked(heroku.config_vars(name).get(MARKER, ""), name)
    add_on = opening.choose_add_on(cloudamqp_add_ons(heroku, name), None, name)
    target = full_plan_name(fleet.to_plan)
    if add_on.plan == target:
        return None
    facts = survey(heroku, brokers, name, add_on, target, sorting=choices.sorting)
    made = opening.migration_of(facts, migration, choices)
    return Prepared(made, opening.preview(facts, made), facts)
