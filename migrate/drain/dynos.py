"""Starting the dynos that drain, each once, seeing that they live, and ending them.

Releases do not restart one-off dynos; they keep the configuration of the release on which they were started.
https://devcenter.heroku.com/articles/one-off-dynos
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from migrate.changes.effects import Effect, perform, settle
from migrate.changes.marks import refuse_foreign_mark
from migrate.changes.new_add_on import is_gone
from migrate.changes.releases import wait_until_settled
from migrate.errors import AccessError, AppUnknown, DrainDynoLost, DrainDynosRefused, HerokuRefused, WorldChanged
from migrate.waits import Waiting
from migrate.workers import workforce
from migrate.workers.drain_places import (
    BRIDGES,
    bridge_command,
    bridges,
    command_of,
    drain_dynos,
    mark_in,
    mark_of,
    runs,
)
from migrate.workers.quiet import quiesce, quiesce_others

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrate.platform import Dyno, ProcessType
    from migrate.run import Run
    from migrate.workers.drain_places import Place

    Body = Mapping[str, Any]

ENDED: Final = frozenset({"crashed", "down", "gone"})
UNLISTED_SECONDS: Final = 15.0
"""A dyno that was started may be missing on the list of dynos so long."""
TIME_TO_LIVE: Final = 86_400
"""Seconds after which Heroku ends a drain dyno that nobody ended: the most that it takes."""


def starting(place: Place) -> Effect:
    """Return the effect that starts the drain dyno of a place; its outcome has the dyno's name and id."""

    def before(run: Run) -> Body:
        return {"mark": mark_of(run.migration, place, run.journal.failures(place.effect) + 1)}

    def guard(run: Run) -> None:
        wait_until_settled(run)
        refuse_foreign_mark(run)
        _process(run, place)

    def send(run: Run, intent: Body) -> None:
        process = _process(run, place)
        command = (
            bridge_command(process.command, intent["mark"])
            if place.role == BRIDGES
            else command_of(process.command, intent["mark"], run.migration.eager_before)
        )
        dyno = run.heroku.run_dyno(run.app, command=command, size=process.size, seconds=TIME_TO_LIVE)
        run.journal.note(_reply(intent), {"dyno": dyno.name, "id": dyno.id})

    def find(run: Run, intent: Body) -> Body | None:
        # One that has ended is on no list; the answer to the call is as good.
        if (said := run.journal.noted(_reply(intent))) is not None:
            return said
        mine = [dyno for dyno in run.heroku.dynos(run.app) if mark_in(dyno) == intent["mark"]]
        return {"dyno": mine[0].name, "id": mine[0].id} if mine else None

    def look_at(run: Run, intent: Body) -> str:
        return f"heroku ps --app {run.app}    (does one have {intent['mark']} in its command?)"

    return Effect(place.effect, before, send, find, guard, look_at)


def start_all(run: Run, wanted: Sequence[Place]) -> None:
    """Make sure that a dyno runs in every place that is wanted; where one has ended, another takes its place."""
    before = {place: settle(run, starting(place)) for place in wanted}
    dynos = run.heroku.dynos(run.app)
    for place, known in before.items():
        if known is not None and _state(run, place, known, dynos) in ENDED:
            run.journal.retract(place.effect, happened=True)
            run.note(f"{known['dyno']}, which drained in place of {place.name}, has ended; another one is started.")
        _start(run, place)


def wait_until_up(run: Run) -> None:
    """Wait until every dyno that was started is up; raises DrainDynoLost."""

    def look() -> bool | Waiting:
        dynos = run.heroku.dynos(run.app)
        refuse_lost(run, dynos)
        started = workforce.not_stopped(run.migration, run.journal)
        states = {known["dyno"]: _state(run, place, known, dynos) for place, known in started.items()}
        booting = [f"{name} is {state}" for name, state in states.items() if state not in {"up", "idle"}]
        return Waiting("; ".join(booting)) if booting else True

    run.waiter.until(look, run.limits.dynos)


def refuse_lost(run: Run, dynos: Sequence[Dyno]) -> None:
    """Given the app's dynos, raise DrainDynoLost when one that should drain does not run any more."""
    for place, known in workforce.draining(run.migration, run.journal).items():
        state = _state(run, place, known, dynos)
        if state not in ENDED:
            continue
        raise DrainDynoLost(
            f"{known['dyno']}, which drains in place of {place.name}, is {state}.",
            why="What it held unacknowledged is in its queue again; a task that it was running with early "
            "acknowledgement is lost. Resuming starts another one.",
            next=f"heroku logs --dyno {known['dyno']} --app {run.app}",
        )


def stop_all(run: Run) -> None:
    """End every drain dyno of this migration that still runs, also one that is on no record."""
    for dyno in drain_dynos(run.heroku.dynos(run.app), run.migration.id):
        if runs(dyno):
            perform(run, _stopping(dyno))


def wait_until_gone(run: Run) -> None:
    """Wait until no drain dyno of this migration runs."""

    def look() -> bool | Waiting:
        left = [dyno.name for dyno in drain_dynos(run.heroku.dynos(run.app), run.migration.id) if runs(dyno)]
        return Waiting(f"{', '.join(left)} shutting down") if left else True

    run.waiter.until(look, run.limits.dynos)


def _start(run: Run, place: Place) -> None:
    def look() -> bool | Waiting:
        try:
            perform(run, starting(place))
        except (HerokuRefused, AccessError) as no:
            if getattr(no, "id", "") == "conflict":
                return Waiting(f"Heroku does not start {place.effect} yet. {no.why}")
            if type(no) not in {HerokuRefused, AccessError}:
                raise
            raise _refused(place, no) from None
        return True

    run.waiter.until(look, run.limits.settle)


def _refused(place: Place, no: HerokuRefused | AccessError) -> DrainDynosRefused:
    return DrainDynosRefused(
        f"Heroku does not start a dyno to drain in place of {place.name}.",
        why=f"{no.why} No task is lost: they wait in the old broker.",
        next="fix what Heroku says, then resume; or roll back",
    )


def _process(run: Run, place: Place) -> ProcessType:
    for item in run.heroku.formation(run.app):
        if item.type == place.type and item.command:
            return item
    raise WorldChanged(
        f"The app has no process type {place.type} any more.",
        why="A deploy has taken it away since the migration was confirmed, and its command should drain.",
        next=f"heroku ps:type --app {run.app}",
    )


def _state(run: Run, place: Place, known: Body, dynos: Sequence[Dyno]) -> str:
    for dyno in dynos:
        if dyno.id == known["id"]:
            return dyno.state
    since = run.journal.intended_at(place.effect)
    age = (run.clock.now() - since).total_seconds() if since else UNLISTED_SECONDS
    return "not listed yet" if abs(age) < UNLISTED_SECONDS else "gone"


def _reply(intent: Body) -> str:
    return f"started:{intent['mark']}"


def _quiesce_drain_dynos(run: Run) -> None:
    if run.journal.outcome("reattach") is None:
        quiesce(run)
    else:
        # Old dynos publish to the broker that is left until they end, and whoever drains takes it.
        quiesce_others(run, run.old_broker())


def _stopping(dyno: Dyno) -> Effect:
    def before(_run: Run) -> Body:
        return {"dyno": dyno.name, "id": dyno.id}

    def send(run: Run, intent: Body) -> None:
        # Without its broker a worker may end by itself, and what has ended cannot be stopped.
        with suppress(AppUnknown):
            run.heroku.stop_dyno(run.app, intent["dyno"])

    def find(run: Run, intent: Body) -> Body | None:
        left = [other for other in run.heroku.dynos(run.app) if other.id == intent["id"] and runs(other)]
        return None if left else {"gone": intent["dyno"]}

    def guard(run: Run) -> None:
        # Where its broker is removed there is nothing that it could be running.
        if bridges(dyno):
            if not is_gone(run):
                quiesce_others(run, run.new_broker())
        elif run.journal.outcome("remove") is None:
            _quiesce_drain_dynos(run)

    def look_at(run: Run, _intent: Body) -> str:
        return f"heroku ps --app {run.app}    (is {dyno.name} still there?)"

    return Effect(workforce.stop_of(dyno.name, dyno.id), before, send, find, guard, look_at)
