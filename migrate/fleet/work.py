"""The work on one app of a fleet, in whichever thread or process: begun, gone on with, written down.

Who may work on an app is decided by its lease and its journal, as for an app alone. Twice the same app handed out is
no harm: the second one finds it held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from migrate import results
from migrate.errors import AppHeld, MigrateError, StoreUnusable, Unexpected
from migrate.exits import Exit
from migrate.facts import Surveyed
from migrate.fleet.members import AppState, Word
from migrate.fleet.preparing import prepare
from migrate.fleet.verdicts import outcome
from migrate.migration import new_id
from migrate.planning import opening
from migrate.results import Stopped
from migrate.secrets import redact, redact_fault
from migrate.store.journal import Journal
from migrate.store.records import LEASE_SECONDS, OPEN, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from migrate.clients.broker import Brokers
    from migrate.clients.heroku import Heroku
    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.events import Event, Result
    from migrate.fleet.halting import Halt
    from migrate.fleet.members import Fleet, Member, Standing
    from migrate.migration import Migration
    from migrate.runner import Runner
    from migrate.store.store import Store

REMOVALS: Final = frozenset({"remove"})
"""Effects from which there is no way back."""
OUTAGE_SECONDS: Final = 600.0
"""How long a store may fail before an app is given up for the time being."""
_REFILL_SECONDS: Final = 15.0
_ANOTHER_LOOK_SECONDS: Final = 5.0
_LONGEST_HOLD: Final = LEASE_SECONDS + 30.0
"""After so long a lease of a process that has died has run out; one that is still there is somebody's who lives."""
_ENDS: Final = {
    State.DONE: Exit.DONE,
    State.ROLLED_BACK: Exit.ROLLED_BACK,
    State.ABANDONED: Exit.FAILED,
    State.ENDED: Exit.FAILED,
}


class Tools(Protocol):
    """What one migration is worked on with: its own clients, its own listeners."""

    @property
    def heroku(self) -> Heroku:
        """The client."""

    @property
    def brokers(self) -> Brokers:
        """What opens brokers."""

    @property
    def clock(self) -> Clock:
        """The clock, whose sleep ends when the work is to end."""

    @property
    def command(self) -> Command:
        """What spells commands."""

    def has_spare(self, others: int) -> bool:
        """Whether Heroku's budget has calls for one more app beside so many others."""

    def runner(self, fleet: Fleet, app: str) -> Runner:
        """Return the machine, with the waits that the fleet's options say."""

    def tell(self, migration: Migration, event: Event) -> None:
        """Have everybody hear what happened in it."""


class Desk(Struct, frozen=True):
    """What every piece of work in a process has in common."""

    store: Store
    me: str
    """Who holds what is worked on here."""
    tools: Callable[[Fleet, Member, Halt], AbstractContextManager[Tools]]


def work(desk: Desk, fleet: str, member: Member, halt: Halt) -> Member:
    """Work on an app that is held by this desk until it is done or ended; return how it stands now.

    Where the store was what failed, go on once it answers again, for some minutes: a process that had the migration
    to itself would stop, and a person go on with it. Never raises what a migration ends with; StoreUnusable where
    that could not even be written down.
    """
    clock = desk.store.clock
    began = clock.monotonic()
    while True:
        member, result = _attempt(desk, fleet, member, halt)
        if result.code != StoreUnusable.code or clock.monotonic() - began > OUTAGE_SECONDS:
            break
    settled = _member(member, result, outcome(result, changed=_changed(desk, member), by_word=halt.by_word))
    desk.store.fleets.settle(fleet, settled, desk.me)
    return settled


def _attempt(desk: Desk, fleet: str, member: Member, halt: Halt) -> tuple[Member, Result]:
    """Return how it ended, and the app with the migration that it has now."""
    try:
        member = _anew(desk, fleet, member)
        standing = desk.store.fleets.standing(fleet)
        with desk.tools(standing.fleet, member, halt) as tools:
            try:
                result = _result(desk, standing, member, halt, tools)
            except StoreUnusable as error:
                result = results.lost_track(error, member.migration)
            if result.code == StoreUnusable.code:
                tools.clock.sleep(_ANOTHER_LOOK_SECONDS)
            return member, result
    except StoreUnusable as error:
        halt.wait(_ANOTHER_LOOK_SECONDS)
        return member, results.lost_track(error, member.migration)
    except (MigrateError, Stopped) as error:
        return member, _ended_early(desk, member, error)
    except Exception as error:  # noqa: BLE001 -- a fault of our own must not hide the state of the app
        what = f"migrate-plan itself failed ({type(error).__name__})."
        return member, _ended_early(desk, member, Unexpected(what, why=redact_fault(str(error))))


def _result(desk: Desk, standing: Standing, member: Member, halt: Halt, tools: Tools) -> Result:
    fleet = standing.fleet
    record = desk.store.find(member.migration)
    if record is not None and record.state not in OPEN:
        return over(record.migration, record.state)
    if record is not None:
        migration = record.migration
        halt.beyond = Journal(desk.store, migration.id, desk.store.clock).intent("remove") is not None
    if standing.word == Word.STOPPING:
        halt.ask_before(Exit.INTERRUPTED)
    halt.heed()
    if record is not None:
        return _once_free(tools, lambda: tools.runner(fleet, member.app).resume(migration))
    return _begin(desk, fleet, member, tools)


def _anew(desk: Desk, fleet: str, member: Member) -> Member:
    """Return the app with another migration where the one that it had ended before it changed anything."""
    record = desk.store.find(member.migration)
    if record is None or record.state != State.ENDED:
        return member
    changed = replace(member, migration=new_id())
    desk.store.fleets.renumber(fleet, changed, desk.me)
    return changed


def _begin(desk: Desk, fleet: Fleet, member: Member, tools: Tools) -> Result:
    opening.refuse_unfinished(desk.store, member.app, desk.store.clock, tools.command)
    # Any answer says how many calls are left; a process that has had none does not know, and is not to guess.
    tools.heroku.app(member.app)
    while not (tools.has_spare(0) and desk.store.fleets.begin(fleet.id, member.app, tools.has_spare)):
        tools.clock.sleep(_REFILL_SECONDS)
    began = tools.clock.monotonic()
    prepared = prepare(tools.heroku, tools.brokers, fleet, member.app, member.migration)
    if prepared is None:
        return results.nothing_to_do(f"{member.app} is on {fleet.to_plan} already.")
    tools.tell(prepared.migration, prepared.previewed)
    opening.refuse_findings(prepared.previewed, prepared.migration)
    surveyed = Surveyed(prepared.facts, began)
    return _once_free(tools, lambda: tools.runner(fleet, member.app).begin(prepared.migration, surveyed))


def _once_free(tools: Tools, go: Callable[[], Result]) -> Result:
    """Do it as soon as the lease of a process that has died, on another machine perhaps, has run out."""
    began = tools.clock.monotonic()
    while True:
        try:
            return go()
        except AppHeld as held:
            if held.code != AppHeld.code or tools.clock.monotonic() - began > _LONGEST_HOLD:
                raise
        tools.clock.sleep(_ANOTHER_LOOK_SECONDS)


def over(migration: Migration, state: State) -> Result:
    """Given a migration that is over, return what its last process would have ended with."""
    what = f"Migration {migration.id} of {migration.app} is {state}."
    return replace(results.nothing_to_do(what), exit=_ENDS[state], code=str(state).upper().replace("-", "_"))


def _ended_early(desk: Desk, member: Member, error: MigrateError | Stopped) -> Result:
    return results.lost_track(error, member.migration) if _changed(desk, member) else results.refusal(error)


def _changed(desk: Desk, member: Member) -> bool:
    try:
        return Journal(desk.store, member.migration, desk.store.clock).changed_anything
    except StoreUnusable:
        return True  # unknown is never good


def _member(member: Member, result: Result, state: AppState) -> Member:
    going_on = state in {AppState.WAITING, AppState.WORKING}
    return replace(
        member,
        state=state,
        exit=None if going_on else int(result.exit),
        code=result.code,
        what=redact(" ".join(filter(None, (result.what, result.why)))),
        next=redact(result.next[0] if result.next else ""),
        eager_seconds=result.eager_seconds,
        lapsed=False,
    )
