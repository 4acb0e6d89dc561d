"""``migrate-plan plans``: what can be ordered, and how one gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.cli import options

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result


def plans(
    app: options.App = None,
    add_on: options.AddOn = None,
    json: options.Json = False,
) -> None:
    """List CloudAMQP's plans as Heroku sells them now, with what is known of their limits.

    With --app, or in a checkout with a git remote heroku, the current one is marked. Reads only.
    """
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        speech.end(_plans(speech, World(None, None, 1), app, add_on))


def _plans(speech: Speech, world: World, wanted: str | None, add_on: str | None) -> Result:
    from migrate import results
    from migrate.advice.plan_rows import plan_rows
    from migrate.clients.git import app_of_remote
    from migrate.cloudamqp import SERVICE, cloudamqp_add_ons
    from migrate.events import PlansListed
    from migrate.planning import opening

    heroku = world.heroku(speech)
    app, current = wanted or app_of_remote(), None
    if app:
        current = opening.choose_add_on(cloudamqp_add_ons(heroku, app), add_on, app).plan
    rows = plan_rows(heroku.plans(SERVICE), current)
    speech.tell(PlansListed(app or "", current or "", rows))
    next_ = f"migrate-plan --to PLAN --app {app} --dry-run" if app else ""
    return results.listed(f"{len(rows)} plans can be ordered.", next_)
