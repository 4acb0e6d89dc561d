"""Going on with a migration that this store does not know, from what the app itself shows.

The laptop that began it is gone. The mark has what was decided, Heroku has what was done since.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from migrate.carry.account import ADOPTED
from migrate.changes import marks
from migrate.changes.deploys import BY_VARIABLES, description
from migrate.changes.maintenance import ON
from migrate.changes.pausing import PAUSE
from migrate.drain.leftovers import CARRY, WAIT
from migrate.errors import AppHeld, MigrationUnknown
from migrate.events import Result, StatusRead
from migrate.exits import Exit
from migrate.migration import BESIDE, EAGER, MARKER, SPARE, url_variable
from migrate.platform import GONE, PENDING, SUCCEEDED
from migrate.state import app_state
from migrate.steps.quiet_release import live
from migrate.steps.redeploy import Redeploy
from migrate.store.journal import Journal
from migrate.store.records import State
from migrate.strategies import planned
from migrate.ways.by_hand import commands_to_put_back
from migrate.ways.way_back import path
from migrate.workers import workforce
from migrate.workers.drain_places import bridge_places, drain_dynos, mark_in, places, runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.clients.heroku import Heroku
    from migrate.clock import Clock
    from migrate.migration import Migration
    from migrate.platform import AddOn
    from migrate.store.records import Entry
    from migrate.store.store import Store

_RELEASES: Final = 200
"""How many releases are looked through for the one that has set the mark."""


@dataclass
class Memory:
    """A store for one journal that nobody needs to find again."""

    lines: list[Entry] = field(default_factory=list)

    def entries(self, _migration: str) -> tuple[Entry, ...]:
        """Return the lines."""
        return tuple(self.lines)

    def append(self, _migration: str, _sequence: int, entry: Entry) -> None:
        """Keep one more line."""
        self.lines.append(entry)


class Found(Struct, frozen=True):
    """A migration that only the app itself still knows of."""

    migration: Migration
    mark: str
    status: StatusRead
    state: str


def found_on_app(heroku: Heroku, app: str, clock: Clock) -> Found:
    """Given an app, return the migration whose mark it carries and how far that is; reads only.

    Raises MigrationUnknown without a mark, AppHeld with one that this version does not understand.
    """
    mark = marks.read(heroku.config_vars(app).get(MARKER, ""))
    if mark is None:
        raise MigrationUnknown(
            f"There is no unfinished migration of {app}.",
            why=f"The store has none, and the app has no {MARKER}.",
            next=f"migrate-plan status --app {app}",
        )
    if mark.migration is None or mark.migration.app != app:
        raise marks.foreign(app, mark)
    migration = _as_it_became(heroku, mark.migration)
    journal = Journal(Memory(), migration.id, clock)
    rebuild(journal, heroku, migration, mark.text)
    status = StatusRead(
        app=app,
        from_plan=migration.from_plan,
        to_plan=migration.to_plan,
        phase="known to the app alone",
        holder="",
        since=mark.people.rpartition(" since ")[2],
        steps={step.name: journal.is_done(step.name) for step in path(migration, journal)},
    )
    return Found(migration, mark.text, status, app_state(migration, journal))


def result(found: Found) -> Result:
    """Given what was found on an app, return how a command ends that only looked."""
    migration = found.migration
    return Result(
        exit=Exit.DONE,
        code="STATUS",
        what=f"{migration.app} carries the mark of migration {migration.id}, which this store does not know.",
        why="It was started on another machine, with another store. If that is gone, it can be resumed from here.",
        state=found.state,
        next=(f"migrate-plan resume --app {migration.app}",),
    )


def adopt(store: Store, heroku: Heroku, found: Found, clock: Clock) -> str:
    """Write a migration that another store began into this one, as far as the app shows it; return its id.

    The journal comes first: killed in between, this store knows no migration yet, and a second try writes the
    same lines again. One that was abandoned here is opened again. Raises AppHeld where this store saw it end.
    """
    migration, known = found.migration, store.find(found.migration.id)
    if known is not None and known.state is not State.ABANDONED:
        raise _ended_here(migration, known.state)
    rebuild(Journal(store, migration.id, clock), heroku, migration, found.mark)
    if known is None:
        store.create(migration)
    store.set_state(migration.id, State.STOPPED)
    return migration.id


def _as_it_became(heroku: Heroku, migration: Migration) -> Migration:
    """Given a migration as it was decided when its mark was set, return it with what was decided since, as it shows.

    Where worker dynos are at 0 and nobody drains in their place, messages may have been carried out to the disk of
    the machine that is gone: whoever goes on has to be told, instead of never missing them.
    """
    if migration.is_eager and drain_dynos(heroku.dynos(migration.app), migration.id):
        return replace(migration, drain_by="dynos")
    if migration.drain_by == "workers" and migration.leftovers == WAIT and _are_at_0(heroku, migration):
        return replace(migration, leftovers=CARRY)
    return migration


def _are_at_0(heroku: Heroku, migration: Migration) -> bool:
    there = {name for name, count in migration.formation.items() if count}
    now = {item.type: item.quantity for item in heroku.formation(migration.app)}
    return bool(there) and not any(now.get(name, 0) for name in there)


def _ended_here(migration: Migration, state: State) -> AppHeld:
    return AppHeld(
        f"{migration.app} carries the mark of {migration.id} again, which is {state}.",
        why=f"A rollback of the app to a release of that time brings {MARKER} and {EAGER} back.",
        next=" && ".join(commands_to_put_back(migration)),
    )


def rebuild(journal: Journal, heroku: Heroku, migration: Migration, mark: str) -> None:
    """Given an empty journal, write into it what Heroku shows to have happened; reads only.

    The mark is on the app, so the eager release was made, and the one that ends it was not.
    """
    variables = {EAGER: "True", MARKER: mark} if migration.is_eager else {MARKER: mark}
    diverted = "eager-on" if migration.is_eager else "bridge-on"
    _happened(journal, diverted, {"version": _first_marked(heroku, migration)}, variables=variables)
    journal.note(live(diverted), {})
    journal.note(ADOPTED, {})
    _rebuild_formation(journal, heroku, migration)
    if migration.paused:
        # Before the mark was set; who has started them since is told from that at the end.
        still = {"found": migration.paused, "set": dict.fromkeys(migration.paused, 0)}
        _happened(journal, PAUSE, still, **still)
    if migration.maintenance and heroku.app(migration.app).maintenance:
        _happened(journal, ON, {"was": False}, was=False)
    _rebuild_drain_dynos(journal, heroku, migration)
    old = heroku.add_on(migration.app, migration.add_on_id)
    if migration.strategy in BESIDE:
        _rebuild_names(journal, heroku, migration)
    elif old is None or old.state in GONE:
        _happened(journal, "remove", {"state": "gone"}, add_on=migration.add_on_id)
        _rebuild_new_add_on(journal, heroku, migration)
    _rebuild_redeploy(journal, heroku, migration)
    for step in planned(migration):
        if any(journal.outcome(effect) is not None for effect in step.proves):
            journal.step_done(step.name)


def _rebuild_formation(journal: Journal, heroku: Heroku, migration: Migration) -> None:
    # Where all are at 0 that were not: by this migration, which then knows what to put back.
    found = {name: count for name, count in migration.formation.items() if count}
    now = {item.type: item.quantity for item in heroku.formation(migration.app)}
    more = {name: count for name, count in migration.scale_up.items() if count > migration.formation.get(name, 0)}
    if more and migration.drain_by == "workers" and all(now.get(name) == count for name, count in more.items()):
        scaled = {"found": {name: migration.formation.get(name, 0) for name in more}, "set": more}
        _happened(journal, workforce.SCALE_UP, scaled, **scaled)
    if _are_at_0(heroku, migration):
        scaled = {"found": found, "set": dict.fromkeys(found, 0)}
        _happened(journal, workforce.DOWN, scaled, **scaled)


def _rebuild_redeploy(journal: Journal, heroku: Heroku, migration: Migration) -> None:
    if migration.deploy == BY_VARIABLES:
        return
    # What moved the app on came after it. Before that a slug's release is told by its words; a command runs again.
    if any(journal.outcome(effect) is not None for effect in ("remove", "reattach")):
        journal.step_done(Redeploy.name)
        return
    text = description(Redeploy.name, migration.id)
    for release in heroku.releases(migration.app):
        if release.description == text:
            _happened(journal, Redeploy.name, {"version": release.version})
            return


def _rebuild_drain_dynos(journal: Journal, heroku: Heroku, migration: Migration) -> None:
    mine = {mark_in(dyno): dyno for dyno in drain_dynos(heroku.dynos(migration.app), migration.id) if runs(dyno)}
    for place in (*places(migration), *bridge_places(migration)):
        for mark, dyno in mine.items():
            if mark.startswith(f"{migration.id}:{place.marked}:"):
                _happened(journal, place.effect, {"dyno": dyno.name, "id": dyno.id}, mark=mark)


def _rebuild_names(journal: Journal, heroku: Heroku, migration: Migration) -> None:
    # The new add-on came before the mark, which goes before the old one is removed.
    new = _new_add_on(heroku, migration)
    if new is None:
        return
    _happened(journal, "add", {"add_on": new.name, "id": new.id}, add_on=new.name)
    leads = {item.name: item.add_on for item in heroku.attachments(migration.app)}
    live = _live_variables(heroku, migration)
    old = live.get(url_variable(migration.spare))
    if leads.get(migration.spare) == migration.add_on:
        _happened(journal, SPARE, {"attachment": migration.spare}, add_on=migration.add_on)
    for number, name in enumerate(migration.attachments):
        if leads.get(name) == new.name:
            effect = f"reattach-{name}" if number else "reattach"
            _happened(journal, effect, {"attachment": name}, add_on=new.name)
            if old is not None and live.get(url_variable(name)) == old:
                # Its releases have failed: what dynos run has not moved.
                journal.retract(effect, happened=True)


def _live_variables(heroku: Heroku, migration: Migration) -> Mapping[str, str]:
    current = next((item for item in heroku.releases(migration.app) if item.current), None)
    return heroku.release_config_vars(migration.app, current.version) if current else {}


def _new_add_on(heroku: Heroku, migration: Migration) -> AddOn | None:
    mine = [item for item in heroku.add_ons(migration.app) if item.name.startswith(migration.new_add_on)]
    return next((item for item in mine if item.state not in GONE), None)


def _rebuild_new_add_on(journal: Journal, heroku: Heroku, migration: Migration) -> None:
    new = _new_add_on(heroku, migration)
    if new is None:
        return
    _happened(journal, "add", {"add_on": new.name, "id": new.id}, add_on=new.name)
    names = {item.name for item in heroku.attachments_of(new.id) if item.app == migration.app}
    for name in migration.attachments[1:]:
        if name in names:
            _happened(journal, f"attach-{name}", {"attachment": name}, add_on=new.name)


def _happened(journal: Journal, effect: str, outcome: Mapping[str, Any], **intent: Any) -> None:
    journal.intend(effect, {"version": 0, **intent})
    journal.conclude(effect, outcome)


def _first_marked(heroku: Heroku, migration: Migration) -> int:
    """Return the version of the first release that carries a mark of the migration, which may have changed since."""
    releases = heroku.releases(migration.app, count=_RELEASES)
    first = releases[0].version
    for release in releases:
        # One that failed may lack a mark that those on both sides of it carry.
        if release.status in {PENDING, SUCCEEDED}:
            found = heroku.release_config_vars(migration.app, release.version).get(MARKER, "")
            if not found.startswith(migration.id):
                break
            first = release.version
    return first
