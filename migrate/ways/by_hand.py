"""What an operator types to bring an app into one of its two proper states, where a migration is given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.carry.account import is_held
from migrate.changes.maintenance import ON, is_ours
from migrate.changes.moving import effect_of, failures_of
from migrate.changes.pausing import PAUSE, paused
from migrate.migration import BESIDE, EAGER, MARKER, READ, SPARE, WRITE
from migrate.state import turned_round
from migrate.states.points import unclear
from migrate.workers.workforce import DOWN, SCALE_UP, expected, not_stopped, this_time, typed

if TYPE_CHECKING:
    from migrate.migration import Migration
    from migrate.store.journal import Journal
    from migrate.workers.workforce import Quantities

_ENDED = ("eager-off", "eager-back", "bridge-off", "bridge-back")
_PERHAPS = "if it is still there, "


def by_hand(migration: Migration, journal: Journal) -> tuple[str, ...]:
    """Given a migration and its journal, return what to type, in this order: what is removed comes last."""
    app = migration.app
    commands = [*_consumers(migration, journal), *_names(migration, journal), *_copies(migration, journal)]
    if _diverts(journal):
        commands += commands_to_put_back(migration)
    commands += [
        f"heroku ps:stop -d {known['dyno']} --app {app}" for known in not_stopped(migration, journal).values()
    ]
    if is_ours(journal) or unclear(ON)(journal):
        commands.append(f"heroku maintenance:off --app {app}")
    commands += [typed(app, dynos) for dynos in (_workers(journal), _paused(journal)) if dynos]
    if is_held(journal):
        commands.append(f"migrate-plan spool export {migration.id}    (then publish it by hand: runbook carry-in)")
    return (*commands, *_too_many(migration, journal))


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


def _consumers(migration: Migration, journal: Journal) -> list[str]:
    if not expected(migration, journal):
        return []
    # To the worker by its name: without one, every worker would take from the queue.
    return [
        f"celery control -d {name} add_consumer {queue}"
        for name, queues in sorted(journal.consumers_off.items())
        for queue in queues
    ]


def _names(migration: Migration, journal: Journal) -> list[str]:
    """Return what gives the app its names, as far as they do not lead where the first one does, or is about to."""
    app = migration.app
    if migration.strategy in BESIDE:
        owner = migration.add_on if _goes_to_old(migration, journal) else _new(migration, journal)
        return [
            f"heroku addons:attach {owner} --as {name} --app {app} --confirm {app}"
            for name in _names_to_move(migration, journal)
        ]
    first, *further = migration.attachments
    if journal.intent("remove") is None:
        return []
    if journal.outcome("add") is None:
        doubtful = [
            name
            for effect, name in (("remove", migration.add_on), ("add", _new(migration, journal)))
            if unclear(effect)(journal)
        ]
        unless = f"    (unless {' or '.join(doubtful)} is there: heroku addons --app {app})" if doubtful else ""
        return [f"heroku addons:create {migration.to_plan} --as {first} --app {app}{unless}"]
    return [
        f"heroku addons:attach {_new(migration, journal)} --as {name} --app {app}"
        for name in further
        if journal.outcome(f"attach-{name}") is None
    ]


def _copies(migration: Migration, journal: Journal) -> list[str]:
    """Return what mends copies of an address that lead to the other broker than the names."""
    rewritten = any(journal.intent(effect) or journal.failures(effect) for effect in ("eager-off", "bridge-off"))
    surely = any(journal.outcome(effect) is not None for effect in ("eager-off", "bridge-off"))
    if migration.strategy in BESIDE and _goes_to_old(migration, journal):
        stale, whose = rewritten and journal.outcome("copies-back") is None, "new"
    else:
        left = journal.intent("remove") is not None or journal.intent("reattach") is not None
        stale, whose = left and not surely, "old"
    return [
        f"heroku config:edit {name} --app {migration.app}    (still the {whose} broker's)"
        for name in (migration.copies if stale else ())
    ]


def _workers(journal: Journal) -> Quantities:
    """Return how many worker dynos there were where that was changed, or may have been."""
    # The first of the two has seen what was there; the effects are told apart by what was done before.
    names = (this_time(DOWN, journal), this_time(SCALE_UP, journal))
    return {type_: count for name in names for type_, count in _found(journal, name).items()}


def _paused(journal: Journal) -> Quantities:
    return _found(journal, PAUSE) if unclear(PAUSE)(journal) else paused(journal)


def _found(journal: Journal, effect: str) -> Quantities:
    return dict((journal.intent(effect) or {"found": {}})["found"])


def _diverts(journal: Journal) -> bool:
    """Whether what diverts tasks is on the app, or may be."""
    begun = any(journal.intent(name) is not None or journal.failures(name) for name in ("eager-on", "bridge-on"))
    return begun and all(journal.outcome(effect) is None for effect in _ENDED)


def _too_many(migration: Migration, journal: Journal) -> list[str]:
    """Return what takes away the add-on that is left, and the spare name of the other, where there may be both."""
    if migration.strategy not in BESIDE:
        return []
    app, back = migration.app, _goes_to_old(migration, journal)
    commands = []
    if add_on := _to_destroy(migration, journal):
        there = "" if _is_there(journal, *(("add", "remove-new") if back else ("add", "remove"))) else _PERHAPS
        remark = f"({there}once it is empty: runbook remove-old)"
        commands.append(f"heroku addons:destroy {add_on} --app {app} --confirm {app}    {remark}")
    made, gone, name = (SPARE, "spare-off", migration.spare) if back else ("add", "tidy", migration.beside)
    if _may_be_there(journal, made, gone):
        remark = "" if _is_there(journal, made, gone) else f"    ({_PERHAPS.strip(', ')})"
        commands.append(f"heroku addons:detach {name} --app {app}{remark}")
    return commands


def _to_destroy(migration: Migration, journal: Journal) -> str:
    """Return the add-on that is left, unless it is certainly gone or was never ordered; else nothing."""
    if _goes_to_old(migration, journal):
        return _new(migration, journal) if _may_be_there(journal, "add", "remove-new") else ""
    return migration.add_on if journal.outcome("remove") is None else ""


def _may_be_there(journal: Journal, made: str, gone: str) -> bool:
    begun = journal.intent(made) is not None or (made == SPARE and journal.failures(made) > 0)
    return begun and journal.outcome(gone) is None


def _is_there(journal: Journal, made: str, gone: str) -> bool:
    return not unclear(made)(journal) and journal.intent(gone) is None


def _names_to_move(migration: Migration, journal: Journal) -> list[str]:
    """Return the names that do not certainly lead to the add-on that stays."""
    back = _goes_to_old(migration, journal)
    prefix = "reattach-back" if back else "reattach"
    return [
        name
        for name in migration.attachments
        if (not back or _was_tried(migration, journal, name)) and not _is_moved(migration, journal, prefix, name)
    ]


def _was_tried(migration: Migration, journal: Journal, name: str) -> bool:
    effect = effect_of(migration, "reattach", name)
    return journal.intent(effect) is not None or journal.failures(effect) > 0


def _is_moved(migration: Migration, journal: Journal, prefix: str, name: str) -> bool:
    attempt = failures_of(journal, prefix, name)
    return journal.outcome(effect_of(migration, prefix, name, attempt)) is not None


def _goes_to_old(migration: Migration, journal: Journal) -> bool:
    """Whether the old add-on is the one that stays: the app's first name leads there, or is about to."""
    first = effect_of(migration, "reattach", migration.attachments[0])
    return turned_round(journal) or journal.intent(first) is None


def _new(migration: Migration, journal: Journal) -> str:
    known = journal.outcome("add") or journal.intent("add") or {}
    return str(known.get("add_on", migration.new_add_on))
