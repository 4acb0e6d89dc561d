"""Ending a migration otherwise than by its steps: giving it up, or taking its lock from a process that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.carry.account import is_held
from migrate.errors import AppHeld, RollbackImpossible, UsageError
from migrate.events import Result
from migrate.exits import Exit
from migrate.holder import living, on_this_machine
from migrate.maintenance import ON, is_ours
from migrate.migration import BESIDE, EAGER, MARKER, READ, WRITE
from migrate.pausing import paused
from migrate.results import nothing_to_do
from migrate.state import app_state, turned_round
from migrate.states.points import unclear
from migrate.store.journal import Journal
from migrate.store.store import OPEN, State
from migrate.workforce import before, expected, not_stopped, typed

if TYPE_CHECKING:
    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.migration import Migration
    from migrate.store.store import Record, Store


def nothing_to_undo(record: Record) -> Result | None:
    """Given a migration, return why there is nothing to undo, or None; raises RollbackImpossible when it is done."""
    migration = record.migration
    if record.state is State.DONE:
        raise RollbackImpossible(
            f"Migration {migration.id} of {migration.app} is done; its old add-on is gone.",
            why="What can be had is a migration the other way round, to a new add-on on the old plan.",
            next=f"migrate-plan --to {migration.from_plan.partition(':')[2]} --app {migration.app}",
        )
    if record.state in OPEN:
        return None
    return nothing_to_do(f"Migration {migration.id} of {migration.app} is {record.state}: nothing to undo.")


def refuse_unkept(migration: Migration, journal: Journal, command: Command) -> None:
    """Raise UsageError unless the migration is done but for the old add-on, which it was to keep."""
    if not migration.keep_old:
        what, why = "keeps no old add-on", "--keep-old was not given."
    elif turned_round(journal):
        what, why = "is on its way back", "It was rolled back before it was finished."
    elif not journal.is_done("verify"):
        what, why = "is not that far yet", "The workers were not seen on the new broker."
    else:
        return
    raise UsageError(f"Migration {migration.id} {what}.", why=why, next=command("resume", migration))


def abandon(store: Store, record: Record, clock: Clock) -> Result:
    """Give a migration up without a call to anybody; the result says how the app is, and what to do by hand."""
    migration, journal = record.migration, Journal(store, record.migration.id, clock)
    if record.state not in OPEN:
        return nothing_to_do(f"Migration {migration.id} of {migration.app} is {record.state} already.")
    if holder := living(store.holder(migration.app)):
        raise AppHeld(
            f"A process works on {migration.id} right now.",
            why=f"It is {holder}.",
            next=f"end it with Ctrl-C there, or: migrate-plan unlock {migration.id}",
        )
    store.set_state(migration.id, State.ABANDONED)
    return Result(
        exit=Exit.DONE,
        code="ABANDONED",
        what=f"Migration {migration.id} of {migration.app} to {migration.to_plan} is given up.",
        why="Nothing was sent to Heroku or to a worker: the app stays as it is.",
        state=app_state(migration, journal),
        next=_by_hand(migration, journal),
    )


def unlock(store: Store, record: Record, command: Command) -> Result:
    """Take a migration's lock from whoever holds it; raises AppHeld while that is a process of this machine."""
    migration = record.migration
    holder = store.holder(migration.app)
    if holder is None:
        return nothing_to_do(f"Nobody holds {migration.app}.")
    if on_this_machine(holder) and living(holder):
        process = holder.rpartition(" ")[2]
        raise AppHeld(
            f"{holder} is a process of this machine, and it runs.",
            why="Two processes that work on one app would undo each other's steps.",
            next=f"kill {process}    (it stops at a safe place; then: {command('resume', migration)})",
        )
    store.release_lease(migration.app, holder)
    return Result(
        exit=Exit.DONE,
        code="UNLOCKED",
        what=f"{migration.app} is no longer held by {holder}.",
        why="If that process still lives, it stops when it next writes to the store.",
        state="",
        next=(command("resume", migration),) if record.state in OPEN else (),
    )


def _by_hand(migration: Migration, journal: Journal) -> tuple[str, ...]:
    """Return what an operator types to bring the app into one of its two proper states."""
    app, commands = migration.app, []
    if journal.consumers_off and expected(migration, journal):
        # To the worker by its name: without one, every worker would take from the queue.
        commands += [
            f"celery control -d {name} add_consumer {queue}"
            for name, queues in sorted(journal.consumers_off.items())
            for queue in queues
        ]
    if migration.strategy in BESIDE:
        commands += _to_one_add_on(migration, journal)
    elif journal.intent("remove") is not None and journal.intent("add") is None:
        name = migration.attachments[0]
        commands.append(f"heroku addons:create {migration.to_plan} --as {name} --app {app}")
    moved, ended = (("remove", "reattach"), ("eager-off", "bridge-off"))
    if any(map(journal.intent, moved)) and not any(map(journal.intent, ended)):
        stale = "(still the old broker's)"
        commands += [f"heroku config:edit {name} --app {app}    {stale}" for name in migration.copies]
    if any(journal.intent(effect) is not None or journal.failures(effect) for effect in ("eager-on", "bridge-on")):
        commands += commands_to_put_back(migration)
    commands += [
        f"heroku ps:stop -d {known['dyno']} --app {app}" for known in not_stopped(migration, journal).values()
    ]
    if is_ours(journal) or unclear(ON)(journal):
        commands.append(f"heroku maintenance:off --app {app}")
    commands += [typed(app, dynos) for dynos in (before(journal), paused(journal)) if dynos]
    if is_held(journal):
        commands.append(f"migrate-plan spool export {migration.id}    (then publish it by hand: runbook carry-in)")
    return tuple(commands)


def _to_one_add_on(migration: Migration, journal: Journal) -> list[str]:
    """Return what leads an app that has both add-ons to the one that its first name leads to, or is about to."""
    app, new = migration.app, (journal.outcome("add") or {}).get("add_on", migration.new_add_on)
    if journal.intent("add") is None or journal.intent("remove") is not None:
        return []
    empty = "(once it is empty: runbook remove-old)"
    if journal.intent("reattach") is None:
        return [f"heroku addons:destroy {new} --app {app} --confirm {app}    {empty}"]
    moved = [f"heroku addons:attach {new} --as {name} --app {app} --confirm {app}" for name in migration.attachments]
    return [*moved, f"heroku addons:destroy {migration.add_on} --app {app} --confirm {app}    {empty}"]


def commands_to_put_back(migration: Migration) -> list[str]:
    """Given a migration, return what an operator types to take off its app what diverts tasks, and the mark."""
    if migration.strategy == "bridge":
        return [f"heroku config:unset {WRITE} {READ} {MARKER} --app {migration.app}"]
    if migration.eager_before is None:
        return [f"heroku config:unset {EAGER} {MARKER} --app {migration.app}"]
    return [
        f"heroku config:set {EAGER}={migration.eager_before} --app {migration.app}",
        f"heroku config:unset {MARKER} --app {migration.app}",
    ]
