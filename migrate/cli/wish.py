"""From what was asked for on the command line to how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.clients.heroku import Heroku
    from migrate.events import Previewed, Result
    from migrate.facts import Facts
    from migrate.migration import Choices, Migration
    from migrate.platform import AddOn


class Wish(Struct, frozen=True):
    """What was asked for on the command line."""

    plan: str
    app: str | None
    add_on: str | None
    choices: Choices
    confirm: str | None
    dry_run: bool
    output: Path | None = None
    """Where to save the preview."""


def grant(speech: Speech, world: World, wish: Wish) -> Result:
    """Given what was asked for, do it and return how it ended."""
    from migrate import results
    from migrate.choosing import check
    from migrate.cli.confirmation import confirm
    from migrate.cloudamqp import full_plan_name
    from migrate.facts import Surveyed
    from migrate.migration import MARKER, new_id
    from migrate.planning import opening
    from migrate.survey import looking_at, survey

    _check_output(wish)
    check(wish.choices)
    heroku = world.heroku(speech)
    wanted = which_app(speech, heroku, wish.app)
    store = None if wish.dry_run else world.writable_store(speech)
    began = speech.clock.monotonic()
    heroku = looking_at(heroku, wanted)
    app = heroku.app(wanted).name
    if wish.confirm is not None:
        opening.check_confirmation(wish.confirm, app)
    if store is not None:
        world.attend(speech, store)
        opening.refuse_unfinished(store, app, speech.clock, world.command)
    opening.refuse_marked(heroku.config_vars(app).get(MARKER, ""), app)
    add_on, target = which_add_on(speech, heroku, app, wish.add_on), full_plan_name(wish.plan)
    if add_on.plan == target:
        return results.nothing_to_do(f"{app}'s {add_on.name} is on {target} already.")
    facts = survey(heroku, world.brokers(), app, add_on, target, sorting=wish.choices.sorting)
    migration = opening.migration_of(facts, new_id(), wish.choices)
    previewed = opening.preview(facts, migration)
    speech.tell(previewed)
    opening.refuse_findings(previewed, migration)
    if store is None:
        return _looked(speech, wish, facts, migration, previewed)
    if wish.confirm is None:
        confirm(speech, None, app)
    return world.runner(speech, store, heroku).begin(migration, Surveyed(facts, began))


def _looked(speech: Speech, wish: Wish, facts: Facts, migration: Migration, previewed: Previewed) -> Result:
    """Return how a dry run ends, once its preview is in the file that was asked for."""
    from migrate import results

    if wish.output is None:
        return results.nothing_to_do("This was a dry run.")
    from migrate.clients import private_file
    from migrate.holder import who
    from migrate.planning.saved_preview import as_text

    made = {"at": speech.clock.now().isoformat(timespec="seconds"), "by": who()}
    text = as_text(facts, migration, wish.choices, previewed, made)
    private_file.write(wish.output, text)
    return results.saved(str(wish.output), migration)


def which_app(speech: Speech, heroku: Heroku, wanted: str | None) -> str:
    """Return the app's name: as given, else the git remote's, else picked; raises UsageError off a terminal."""
    from migrate.clients.git import app_of_remote
    from migrate.errors import UsageError

    if found := wanted or app_of_remote():
        return found
    if speech.interactive:
        from migrate.cli.ask import which_app as ask

        return ask(heroku.apps())
    raise UsageError(
        "No app is named.",
        why="--app and HEROKU_APP are not given, and there is no git remote heroku here.",
        next="the same command with --app APP",
    )


def which_add_on(speech: Speech, heroku: Heroku, app: str, wanted: str | None) -> AddOn:
    """Return the add-on that is meant: the only one, as named, else picked; raises AddOnMissing or AddOnAmbiguous."""
    from migrate.cloudamqp import cloudamqp_add_ons
    from migrate.errors import AddOnAmbiguous
    from migrate.planning.opening import choose_add_on

    add_ons = cloudamqp_add_ons(heroku, app)
    try:
        return choose_add_on(add_ons, wanted, app)
    except AddOnAmbiguous:
        if not speech.interactive:
            raise
        from migrate.cli.ask import which_add_on as ask

        return ask(add_ons)


def _check_output(wish: Wish) -> None:
    from migrate.errors import UsageError

    if wish.output is not None and not wish.dry_run:
        raise UsageError(
            "--output needs --dry-run.",
            why="It saves what would be done; `migrate-plan apply` does it then.",
            next="the same command with --dry-run",
        )
