"""``migrate-plan apply``: do exactly what a saved preview shows, once, unless the app has changed since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import options

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.clients.heroku import Heroku
    from migrate.events import Result
    from migrate.facts import Facts
    from migrate.planning.saved_preview import SavedPreview


def apply(
    file: Annotated[Path, typer.Argument(help="The file that --dry-run --output saved.")],
    confirm: options.Confirm = None,
    drain_timeout: options.DrainTimeout = 3600,
    quiesce_timeout: options.QuiesceTimeout = 600,
    hold_timeout: options.HoldTimeout = 3600,
    audit_log: options.AuditLog = None,
    hook: options.Hook = None,
    notify: options.Notify = None,
    store: options.Store = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Do exactly what a saved preview shows, once.

    Refuses, and says what differs, when the app or its add-on is not as it was.
    """
    from migrate.cli.audience import Audience
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        audience = Audience(audit_log, tuple(hook or ()), notify)
        world = World(store, rabbitmq_api, drain_timeout, quiesce_timeout, hold_timeout, audience)
        speech.end(_apply(speech, world, file, confirm))


def _apply(speech: Speech, world: World, file: Path, given: str | None) -> Result:
    from migrate.cli.confirmation import confirm
    from migrate.clients import private_file
    from migrate.facts import Surveyed
    from migrate.migration import MARKER
    from migrate.planning import opening, saved_preview
    from migrate.survey import looking_at

    saved = saved_preview.parse(private_file.read(file), file.name)
    heroku, store = world.heroku(speech), world.writable_store(speech)
    began = speech.clock.monotonic()
    heroku = looking_at(heroku, saved.app)
    app = heroku.app(saved.app).name
    if given is not None:
        opening.check_confirmation(given, app)
    saved_preview.refuse_applied(saved, store, world.command)
    world.attend(speech, store)
    opening.refuse_unfinished(store, app, speech.clock, world.command)
    opening.refuse_marked(heroku.config_vars(app).get(MARKER, ""), app)
    facts = _unchanged(speech, world, heroku, saved)
    migration = opening.migration_of(facts, saved.id, saved.choices)
    saved_preview.refuse_other_decisions(saved, migration)
    previewed = opening.preview(facts, migration)
    speech.tell(previewed)
    opening.refuse_findings(previewed, migration)
    if given is None:
        confirm(speech, None, app)
    return world.runner(speech, store, heroku).begin(migration, Surveyed(facts, began))


def _unchanged(speech: Speech, world: World, heroku: Heroku, saved: SavedPreview) -> Facts:
    """Return the facts of now, which are those of the preview; raises PreviewStale, once it has told what differs."""
    from migrate.cloudamqp import cloudamqp_add_ons
    from migrate.errors import PreviewStale
    from migrate.events import PreviewOutdated
    from migrate.planning import saved_preview
    from migrate.survey import survey

    try:
        add_on = next((i for i in cloudamqp_add_ons(heroku, saved.app) if i.id == saved.add_on_id), None)
        if add_on is None:
            raise saved_preview.gone(saved)
        sorting = saved.choices.sorting
        facts = survey(heroku, world.brokers(), saved.app, add_on, saved.to_plan, sorting=sorting)
        saved_preview.refuse_other_facts(saved, facts)
    except PreviewStale as stale:
        speech.tell(PreviewOutdated(saved.app, stale.changes))
        raise
    return facts
