"""Fleets in the store: who is in them, how each app stands, and who works on it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace
from sqlalchemy import func, insert, or_, select, update

from migrate.errors import FleetOverlaps, FleetUnknown
from migrate.fleet.members import SETTLED, AppState, Fleet, Member, Standing, Word
from migrate.holder import is_dead
from migrate.store.schema import fleet_apps, fleets
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from migrate.fleet.verdicts import Verdict
    from migrate.store.store import Store

HOLD_SECONDS: Final = 120
"""How long an app of a fleet is held without a sign of life: as long as a lease."""
_ONE_AT_A_TIME: Final = 0x666C6565
"""PostgreSQL's lock under which fleets are made; the number is ours alone."""


class Fleets:
    """Reads and writes fleets; every method raises StoreUnusable when the database fails."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, fleet: Fleet, migrations: Mapping[str, str]) -> None:
        """Write a new fleet down, with the id of each app's migration; raises FleetOverlaps."""
        waves = {app: number for number, wave in enumerate(fleet.waves, 1) for app in wave}
        with self._store.transaction() as connection:
            _alone(connection)
            self._refuse_overlap(connection, fleet.id, fleet.apps)
            connection.execute(
                insert(fleets).values(
                    id=fleet.id,
                    name=fleet.name,
                    word=Word.RUNNING,
                    opened=1,
                    tolerated=0,
                    why="",
                    body=fleet.to_json(),
                    created_at=self._store.clock.now(),
                )
            )
            rows = [
                {
                    "fleet": fleet.id,
                    "app": app,
                    "position": position,
                    "wave": waves[app],
                    "migration": migrations[app],
                }
                | {"state": AppState.WAITING, "code": "", "what": "", "next": ""}
                for position, app in enumerate(fleet.apps)
            ]
            connection.execute(insert(fleet_apps), rows)

    def find(self, wanted: str | None) -> str:
        """Given a fleet's id or name, or None for the newest, return its id; raises FleetUnknown."""
        query = select(fleets.c.id).order_by(fleets.c.created_at.desc(), fleets.c.id).limit(1)
        if wanted is not None:
            query = query.where((fleets.c.id == wanted) | (fleets.c.name == wanted))
        with self._store.transaction() as connection:
            found = connection.execute(query).scalar()
        if found is None:
            named = f" {wanted}" if wanted else ""
            raise FleetUnknown(f"The store has no fleet{named}.", next="migrate-plan fleet run FILE")
        return str(found)

    def standing(self, fleet: str) -> Standing:
        """Given a fleet's id, return how it stands; raises FleetUnknown."""
        with self._store.transaction() as connection:
            return self._standing(connection, fleet)

    def under_way(self) -> tuple[str, ...]:
        """Return the ids of the fleets that are not over, oldest first."""
        query = select(fleets.c.id).where(fleets.c.word != Word.ENDED).order_by(fleets.c.created_at)
        with self._store.transaction() as connection:
            return tuple(connection.execute(query).scalars())

    def hand_out(
        self, fleet: str, holder: str, decide: Callable[[Standing], Verdict], *, seconds: float = HOLD_SECONDS
    ) -> tuple[Standing, Verdict]:
        """Decide what is to be done with a fleet, and give what begins to a holder; whoever else does so waits."""
        with self._store.transaction() as connection:
            # On SQLite a transaction is alone anyway.
            connection.execute(select(fleets.c.id).where(fleets.c.id == fleet).with_for_update())
            found = decide(standing := self._standing(connection, fleet))
            for member in found.starts:
                self._give(connection, fleet, member.app, holder, seconds)
            if found.over and standing.word != Word.ENDED:
                self._say(connection, fleet, Word.ENDED)
            elif found.stop:
                self._say(connection, fleet, Word.STOPPING, why=found.stop)
            return standing, found

    def take(self, fleet: str, app: str, holder: str, hander: str) -> Member | None:
        """Hold an app that a hander has handed on, or that nobody alive holds; None where somebody does.

        Of two that take it at once one gets it.
        """
        with self._store.transaction() as connection:
            connection.execute(select(fleets.c.id).where(fleets.c.id == fleet).with_for_update())
            # The others wait meanwhile: no more than this one is read.
            member = next(iter(self._members(connection, _is(fleet, app))), None)
            if member is None or not (member.is_free or (member.is_worked_on and member.holder == hander)):
                return None
            self._give(connection, fleet, app, holder, HOLD_SECONDS)
            return member

    def begin(self, fleet: str, app: str, has_spare: Callable[[int], bool]) -> bool:
        """Let an app begin where there are calls for it beside so many others that have; return whether it may.

        One decides after the other, over all processes. What was let once stays so until the app waits again.
        """
        begun = (fleet_apps.c.state == AppState.WORKING) & fleet_apps.c.began_at.is_not(None)
        with self._store.transaction() as connection:
            _alone(connection)
            if connection.execute(select(fleet_apps.c.app).where(_is(fleet, app) & begun)).first():
                return True
            held = fleet_apps.c.held_until >= self._store.now(connection)
            others = connection.execute(select(func.count()).select_from(fleet_apps).where(begun & held)).scalar_one()
            if not has_spare(others):
                return False
            connection.execute(update(fleet_apps).where(_is(fleet, app)).values(began_at=self._store.clock.now()))
            return True

    def keep(self, holder: str, apps: Sequence[str]) -> None:
        """Give a sign of life for apps that a holder works on."""
        held = (fleet_apps.c.holder == holder) & (fleet_apps.c.state == AppState.WORKING)
        mine = held & fleet_apps.c.app.in_(apps)
        with self._store.transaction() as connection:
            until = self._store.now(connection) + timedelta(seconds=HOLD_SECONDS)
            connection.execute(update(fleet_apps).where(mine).values(held_until=until))

    def renumber(self, fleet: str, member: Member, holder: str) -> None:
        """Give an app another migration, while the holder has it."""
        mine = _is(fleet, member.app) & (fleet_apps.c.holder == holder)
        with self._store.transaction() as connection:
            connection.execute(update(fleet_apps).where(mine).values(migration=member.migration))

    def settle(self, fleet: str, member: Member, holder: str) -> bool:
        """Write down how an app stands now and let go of it; return whether the holder still had it."""
        mine = _is(fleet, member.app) & (fleet_apps.c.holder == holder)
        with self._store.transaction() as connection:
            ended = None if member.state in {AppState.WAITING, AppState.WORKING} else self._store.clock.now()
            values = _values(member) | {"holder": None, "held_until": None, "ended_at": ended}
            values |= {"began_at": None} if member.state == AppState.WAITING else {}
            return connection.execute(update(fleet_apps).where(mine).values(values)).rowcount > 0

    def amend(self, fleet: str, members: Sequence[Member]) -> None:
        """Write down how apps stand on which nobody works."""
        with self._store.transaction() as connection:
            for member in members:
                free = (fleet_apps.c.app == member.app) & (fleet_apps.c.state != AppState.WORKING)
                values = {**_values(member), "migration": member.migration, "began_at": member.began_at}
                connection.execute(update(fleet_apps).where((fleet_apps.c.fleet == fleet) & free).values(values))

    def carry(self, fleet: str, *, carried: bool) -> None:
        """Write down whether Celery carries a fleet from here on."""
        with self._store.transaction() as connection:
            changed = replace(self._standing(connection, fleet).fleet, carried=carried)
            connection.execute(update(fleets).where(fleets.c.id == fleet).values(body=changed.to_json()))

    def accept(self, fleet: str, codes: Sequence[str]) -> None:
        """Write down that further findings were accepted by name, for every app that has not begun."""
        with self._store.transaction() as connection:
            known = self._standing(connection, fleet).fleet
            changed = replace(known, accepted=tuple(dict.fromkeys((*known.accepted, *codes))))
            connection.execute(update(fleets).where(fleets.c.id == fleet).values(body=changed.to_json()))

    def say(self, fleet: str, word: Word, *, why: str = "") -> None:
        """Write down what was said to a fleet."""
        with self._store.transaction() as connection:
            self._say(connection, fleet, word, why=why)

    def go_on(self, fleet: str, *, opened: int, tolerated: int) -> None:
        """Let a fleet run, with so many waves open and so many failures known; raises FleetOverlaps."""
        with self._store.transaction() as connection:
            _alone(connection)
            standing = self._standing(connection, fleet)
            apps = [item.app for item in standing.members if item.state not in SETTLED]
            self._refuse_overlap(connection, fleet, apps)
            again = (fleet_apps.c.fleet == fleet) & (fleet_apps.c.state == AppState.STOPPED)
            connection.execute(update(fleet_apps).where(again).values(state=AppState.WAITING))
            values = {"word": Word.RUNNING, "why": "", "opened": opened, "tolerated": tolerated}
            connection.execute(update(fleets).where(fleets.c.id == fleet).values(values))

    def _refuse_overlap(self, connection: Connection, fleet: str, apps: Sequence[str]) -> None:
        # A fleet that runs or is paused holds all that is left of it, one that is stopped what is worked on.
        going = fleets.c.word.in_((Word.RUNNING, Word.PAUSED))
        unsettled = fleet_apps.c.state.in_((AppState.WAITING, AppState.WORKING, AppState.STOPPED))
        query = (
            select(fleet_apps.c.app, fleets.c.name, fleets.c.id)
            .join(fleets, fleets.c.id == fleet_apps.c.fleet)
            .where(fleets.c.id != fleet)
            .where(or_(going & unsettled, fleet_apps.c.state == AppState.WORKING))
        )
        held = [row for row in connection.execute(query) if row.app in set(apps)]
        if held:
            raise FleetOverlaps(
                f"{listed([row.app for row in held], 3)}: in fleet {held[0].name} ({held[0].id}) too.",
                why="That one is under way. An app is moved by one fleet at a time; nothing was begun.",
                next=f"migrate-plan fleet status {held[0].id}",
            )

    def _say(self, connection: Connection, fleet: str, word: Word, *, why: str = "") -> None:
        connection.execute(update(fleets).where(fleets.c.id == fleet).values(word=word, why=why[:255]))

    def _give(self, connection: Connection, fleet: str, app: str, holder: str, seconds: float) -> None:
        until = self._store.now(connection) + timedelta(seconds=seconds)
        values = {"state": AppState.WORKING, "holder": holder, "held_until": until, "ended_at": None}
        connection.execute(update(fleet_apps).where(_is(fleet, app)).values(values))

    def _standing(self, connection: Connection, fleet: str) -> Standing:
        row = connection.execute(select(fleets).where(fleets.c.id == fleet)).one_or_none()
        if row is None:
            raise FleetUnknown(f"The store has no fleet {fleet}.", next="migrate-plan fleet status")
        return Standing(
            fleet=Fleet.from_json(row.body),
            word=Word(row.word),
            opened=row.opened,
            tolerated=row.tolerated,
            why=row.why,
            created_at=row.created_at,
            members=self._members(connection, fleet_apps.c.fleet == fleet),
        )

    def _members(self, connection: Connection, where: ColumnElement[bool]) -> tuple[Member, ...]:
        now = self._store.now(connection)
        query = select(fleet_apps).where(where).order_by(fleet_apps.c.position)
        return tuple(_member(row, lapsed=_lapsed(row, now)) for row in connection.execute(query))


def _lapsed(row: Row[Any], now: Any) -> bool:
    return row.state == AppState.WORKING and (row.held_until is None or row.held_until < now or is_dead(row.holder))


def _is(fleet: str, app: str) -> ColumnElement[bool]:
    return (fleet_apps.c.fleet == fleet) & (fleet_apps.c.app == app)


def _member(row: Row[Any], *, lapsed: bool) -> Member:
    return Member(
        app=row.app,
        wave=row.wave,
        state=AppState(row.state),
        migration=row.migration,
        holder=row.holder or "",
        lapsed=lapsed,
        exit=row.exit,
        code=row.code,
        what=row.what,
        next=row.next,
        eager_seconds=row.eager_seconds,
        began_at=row.began_at,
        ended_at=row.ended_at,
    )


def _values(member: Member) -> dict[str, Any]:
    names = ("state", "exit", "code", "what", "next", "eager_seconds")
    return {name: getattr(member, name) for name in names}


def _alone(connection: Connection) -> None:
    # Two fleets that are made at once would not see each other's apps. On SQLite a transaction is alone anyway.
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
