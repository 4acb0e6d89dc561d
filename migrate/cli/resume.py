"""``migrate-plan resume``: go on with a migration that stopped, in its own direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from migrate.cli import complete, options

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.brokers.queues import Sorting
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.drain.leftovers import Leftovers
    from migrate.events import Result
    from migrate.migration import Migration
    from migrate.runner import Runner
    from migrate.store.store import Store


class Wanted(Struct, frozen=True):
    """What was asked for on the command line."""

    migration: str | None = None
    app: str | None = None
    plan: str = ""
    confirm: str | None = None
    accept: tuple[str, ...] = ()
    sorting: Sorting | None = None
    drain_dynos: bool = False
    left: Leftovers | None = None
    held_before: tuple[str, ...] = ()


def resume(
    migration: Annotated[
        str | None,
        typer.Argument(
            help="The migration's id; by default the app's unfinished migration.", autocompletion=complete.migrations
        ),
    ] = None,
    app: options.App = None,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            autocompletion=complete.plans,
            metavar="PLAN",
            help="Another plan, if the new add-on is not ordered yet.",
        ),
    ] = "",
    confirm: options.Confirm = None,
    accept: options.Accept = None,
    queue: options.Queue = None,
    ignore_queue: options.IgnoreQueue = None,
    drain_dynos: Annotated[
        bool, typer.Option("--drain-dynos", help="From now on drain with one-off dynos that lack the eager variable.")
    ] = False,
    leftovers: options.Leftovers = None,
    discard_count: options.DiscardCount = None,
    hold_before: options.HoldBefore = None,
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
    """Go on with a migration that stopped part-way.

    Also if its checkpoints are lost: the mark on the app has what is needed.
    """
    from migrate.brokers.queues import Sorting
    from migrate.cli.audience import Audience
    from migrate.cli.speech import speaking
    from migrate.cli.world import World
    from migrate.drain.leftovers import decided

    sorting = Sorting(tuple(queue or ()), tuple(ignore_queue or ()))
    with speaking(json=json) as speech, speech.about(migration):
        left = decided(leftovers, discard_count)
        held = tuple(dict.fromkeys(hold_before or ()))
        wanted = Wanted(migration, app, to, confirm, tuple(accept or ()), sorting, drain_dynos, left, held)
        audience = Audience(audit_log, tuple(hook or ()), notify)
        world = World(store, rabbitmq_api, drain_timeout, quiesce_timeout, hold_timeout, audience)
        speech.end(resumed(speech, world, wanted))


def resumed(speech: Speech, world: World, wanted: Wanted) -> Result:
    """Given what was asked for, go on with that migration and return how it ended."""
    from migrate.drain.leftovers import decided_anew
    from migrate.planning.opening import drained_by_dynos, sorted_anew
    from migrate.results import nothing_to_do
    from migrate.store.journal import Journal
    from migrate.store.records import OPEN
    from migrate.ways.gates import held_besides

    store = world.store(speech)
    record = store.record(wanted.migration or _unfinished(speech, world, store, wanted))
    if record.state not in OPEN:
        return nothing_to_do(f"Migration {record.migration.id} of {record.migration.app} is {record.state}.")
    migration = store.accept(record.migration, wanted.accept)
    if wanted.sorting is not None:
        migration = store.amend(sorted_anew(migration, wanted.sorting))
    journal = Journal(store, migration.id, speech.clock)
    if wanted.drain_dynos:
        migration = store.amend(drained_by_dynos(migration, journal))
    if wanted.held_before:
        migration = store.amend(held_besides(migration, wanted.held_before))
    if wanted.left is not None:
        migration = store.amend(decided_anew(migration, journal, wanted.left))

    def go_on(runner: Runner) -> Result:
        from migrate.ways.change_of_plan import orderable_plan

        plan = orderable_plan(runner.heroku, migration, wanted.plan, world.command) if wanted.plan else ""
        return runner.resume(migration, plan)

    return continued(speech, world, store, migration, go_on)


def continued(
    speech: Speech, world: World, store: Store, migration: Migration, go_on: Callable[[Runner], Result]
) -> Result:
    """Given a migration that is under way, have a runner go on with it and return how it ended."""
    from migrate.errors import MigrateError
    from migrate.results import stop
    from migrate.store.journal import Journal

    try:
        world.attend(speech, store)
        return go_on(world.runner(speech, store, world.heroku(speech)))
    except MigrateError as error:
        # It did not even begin; the app is as the migration left it.
        journal = Journal(store, migration.id, speech.clock)
        return stop(error, migration, journal, world.command)


def _unfinished(speech: Speech, world: World, store: Store, wanted: Wanted) -> str:
    """Return the id of the app's unfinished migration, adopted from the app's own mark where need be."""
    from migrate.cli.confirmation import confirm
    from migrate.cli.wish import which_app
    from migrate.ways.adoption import adopt, found_on_app

    heroku = world.heroku(speech)
    app = which_app(speech, heroku, wanted.app)
    if (record := store.unfinished(app)) is not None:
        return record.migration.id
    found = found_on_app(heroku, app, speech.clock)
    speech.tell(found.status)
    speech.people.say(f"  state:   {found.state}")
    confirm(speech, wanted.confirm, app)
    return adopt(store, heroku, found, speech.clock)
