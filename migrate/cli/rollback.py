"""``migrate-plan rollback``: undo a migration that is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import complete, options

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result


def rollback(
    migration: Annotated[
        str, typer.Argument(help="The migration's id, such as mig-7f3k2q.", autocompletion=complete.migrations)
    ],
    confirm: options.Confirm = None,
    accept: options.Accept = None,
    drain_timeout: options.DrainTimeout = 3600,
    quiesce_timeout: options.QuiesceTimeout = 600,
    audit_log: options.AuditLog = None,
    hook: options.Hook = None,
    notify: options.Notify = None,
    store: options.Store = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Undo a migration, until the old add-on is removed.

    Can be interrupted and resumed as well.
    """
    from migrate.cli.audience import Audience
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech, speech.about(migration):
        audience = Audience(audit_log, tuple(hook or ()), notify)
        world = World(store, rabbitmq_api, drain_timeout, quiesce_timeout, audience=audience)
        speech.end(_rollback(speech, world, migration, confirm, tuple(accept or ())))


def _rollback(speech: Speech, world: World, wanted: str, given: str | None, accepted: tuple[str, ...]) -> Result:
    from migrate.cli.confirmation import confirm
    from migrate.cli.resume import continued
    from migrate.ways.closing import nothing_to_undo

    store = world.store(speech)
    record = store.record(wanted)
    if (nothing := nothing_to_undo(record)) is not None:
        return nothing
    confirm(speech, given, record.migration.app)
    migration = store.accept(record.migration, accepted)
    return continued(speech, world, store, migration, lambda runner: runner.roll_back(migration))
