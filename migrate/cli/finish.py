"""``migrate-plan finish``: remove the old add-on that a migration with ``--keep-old`` has kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import complete, options

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result


def finish(
    migration: Annotated[
        str, typer.Argument(help="The migration's id, such as mig-7f3k2q.", autocompletion=complete.migrations)
    ],
    confirm: options.Confirm = None,
    accept: options.Accept = None,
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
    """Remove the old add-on that was kept with --keep-old, if it is still empty.

    There is no way back afterwards.
    """
    from migrate.cli.audience import Audience
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech, speech.about(migration):
        audience = Audience(audit_log, tuple(hook or ()), notify)
        world = World(store, rabbitmq_api, drain_timeout, quiesce_timeout, hold_timeout, audience)
        speech.end(_finish(speech, world, migration, confirm, tuple(accept or ())))


def _finish(speech: Speech, world: World, wanted: str, given: str | None, accepted: tuple[str, ...]) -> Result:
    from migrate.cli.confirmation import confirm
    from migrate.cli.resume import continued
    from migrate.results import nothing_to_do
    from migrate.store.journal import Journal
    from migrate.store.records import OPEN
    from migrate.ways.closing import refuse_unkept

    store = world.store(speech)
    record = store.record(wanted)
    if record.state not in OPEN:
        return nothing_to_do(f"Migration {record.migration.id} of {record.migration.app} is {record.state}.")
    refuse_unkept(record.migration, Journal(store, record.migration.id, speech.clock), world.command)
    confirm(speech, given, record.migration.app)
    migration = store.accept(record.migration, accepted)
    return continued(speech, world, store, migration, lambda runner: runner.finish(migration))
