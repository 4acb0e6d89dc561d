"""Made-up fleets: as many apps as wanted, in every state, each with its journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from sqlalchemy import update

from fakes.clock import FakeClock
from fakes.fleets import a_fleet
from fakes.migrations import a_migration
from migrate.commands import plain
from migrate.events import Result
from migrate.fleet.members import AppState, Member, Standing, Word
from migrate.fleet.seeing import seen
from migrate.report.fleet.material import FleetMaterial, Typed
from migrate.report.fleet.page import FleetPage, page
from migrate.steps.quiet_release import live
from migrate.store.journal import INTENT, NOTE, OUTCOME, STEP_DONE
from migrate.store.records import Entry
from migrate.store.schema import fleet_apps, fleets

if TYPE_CHECKING:
    from migrate.migration import Migration
    from migrate.store.store import Store

NOON = FakeClock().now()
NEXT = "migrate-plan fleet continue fleet-7f3k2q"
TYPED = Typed(NEXT, "migrate-plan fleet retry fleet-7f3k2q", "migrate-plan fleet report fleet-7f3k2q", plain)
STOOD = Result(7, "FLEET_STATUS", "Fleet brokers.", "", "No app is half moved.", (NEXT,))
MOMENTS = (
    (0.1, NOTE, live("eager-on")),
    (0.6, INTENT, "remove"),
    (0.65, OUTCOME, "remove"),
    (0.7, STEP_DONE, "add"),
    (0.9, NOTE, live("eager-off")),
)
"""What the journal has of an app that is moved as documented, by parts of the time that this takes."""


def journal_of(began: datetime, seconds: float, part: float = 1.0) -> list[Entry]:
    """What the journal has of an app of which a part was done in so many seconds."""
    return [
        Entry(began + timedelta(seconds=seconds * share / part), kind, name, {})
        for share, kind, name in MOMENTS
        if share <= part
    ]


@dataclass
class MadeFleet:
    """A fleet in the making; ``word``, ``opened`` and ``now`` are for the test to set."""

    auto: bool = False
    word: Word = Word.RUNNING
    opened: int = 9
    why: str = ""
    now: float = 3600.0
    """Seconds after noon."""
    members: list[Member] = field(default_factory=list)
    migrations: dict[str, Migration] = field(default_factory=dict)
    journals: dict[str, list[Entry]] = field(default_factory=dict)

    def app(
        self, name: str, wave: int = 1, state: AppState = AppState.DONE, began: float = 0.0, seconds: float = 100.0
    ) -> MadeFleet:
        """Have an app in it that has begun so many seconds after noon, with its migration and its journal."""
        start, id_ = NOON + timedelta(seconds=began), f"mig-{name}"
        part = 1.0 if state == AppState.DONE else 0.5
        is_over = state != AppState.WORKING
        self.members.append(
            Member(
                name,
                wave,
                state,
                id_,
                holder="" if is_over else "eve@desk pid 1",
                code="DONE" if state == AppState.DONE else "",
                eager_seconds=seconds * 0.8 if state == AppState.DONE else None,
                began_at=start,
                ended_at=start + timedelta(seconds=seconds) if is_over else None,
            )
        )
        if state != AppState.REFUSED:
            self.migrations[id_] = a_migration(id=id_, app=name)
            self.journals[id_] = journal_of(start, seconds, part)
        return self

    def waiting(self, name: str, wave: int = 1) -> MadeFleet:
        """Have an app in it that has not begun."""
        self.members.append(Member(name, wave, AppState.WAITING, f"mig-{name}"))
        return self

    def change(self, **changes: Any) -> MadeFleet:
        """Change the app that came last."""
        self.members[-1] = replace(self.members[-1], **changes)
        return self

    def standing(self) -> Standing:
        numbers = sorted({member.wave for member in self.members})
        waves = tuple(tuple(item.app for item in self.members if item.wave == number) for number in numbers)
        fleet = a_fleet(waves=waves, auto=self.auto)
        return Standing(fleet, self.word, self.opened, 0, self.why, NOON, tuple(self.members))

    def material(self) -> FleetMaterial:
        clock = FakeClock()
        clock.sleep(self.now)
        silent: Any = SimpleNamespace(events=SimpleNamespace(last=lambda *_: None))
        standing = self.standing()
        return FleetMaterial(
            standing=standing,
            seen=seen(silent, standing, clock),
            migrations=self.migrations,
            journals=self.journals,
            releases={},
            stood=replace(STOOD, why=self.why),
            typed=TYPED,
            now=clock.now(),
        )

    def page(self) -> FleetPage:
        return page(self.material())


def mixed() -> MadeFleet:
    """Three waves: over, at work with trouble in it, and behind its gate."""
    made = MadeFleet(opened=2, now=900.0).app("canary", seconds=120)
    made.app("shop", 2, began=300).app("mail", 2, began=300, seconds=340)
    made.app("wiki", 2, AppState.FAILED, 310, 200).change(
        code="NOT_DRAINED",
        exit=3,
        what="The queues are not empty. A worker is stuck.",
        next="migrate-plan resume mig-wiki",
    )
    made.app("blog", 2, AppState.REFUSED, 320, 2).change(code="PREBOOT", what="Preboot is on.", next="")
    made.app("search", 2, AppState.WORKING, 330).app("left", 2, AppState.WORKING, 340).change(lapsed=True)
    return made.waiting("late", 2).waiting("last", 3)


def large(apps: int) -> MadeFleet:
    """As many apps as wanted, in three waves, at work on the last."""
    made = MadeFleet(opened=3, now=4000.0)
    tenth = max(1, apps // 10)
    for number in range(apps):
        wave = 1 if number == 0 else 2 if number <= tenth else 3
        begins = {1: 0.0, 2: 400.0, 3: 1500.0}[wave] + 37.0 * (number % 40)
        seconds = 90.0 + (number * 7919) % 400
        name = f"customer-{number:03}-production-{'eu' if number % 2 else 'us'}"
        if wave == 3 and number % 5 == 4:
            made.waiting(name, wave)
        elif wave == 3 and number % 31 == 7:
            made.app(name, wave, AppState.FAILED, begins, seconds).change(
                code="NOT_DRAINED",
                exit=3,
                what=f"{number} messages are left.",
                next=f"migrate-plan resume mig-{name}",
            )
        elif wave == 3 and number % 9 == 2:
            made.app(name, wave, AppState.WORKING, begins + 1000, seconds)
        else:
            made.app(name, wave, AppState.DONE, begins, seconds)
    return made


def write_to(store: Store, made: MadeFleet) -> None:
    """Have a fleet in a store, with its migrations and their journals."""
    fleet = made.standing().fleet
    store.fleets.create(fleet, {member.app: member.migration for member in made.members})
    for migration in made.migrations.values():
        store.create(migration)
        for number, entry in enumerate(made.journals[migration.id]):
            store.append(migration.id, number, entry)
    with store.transaction() as connection:
        for member in made.members:
            values = {name: getattr(member, name) for name in ("exit", "code", "what", "next", "eager_seconds")}
            values |= {"state": member.state, "began_at": member.began_at, "ended_at": member.ended_at}
            connection.execute(update(fleet_apps).where(fleet_apps.c.app == member.app).values(values))
        said = {"word": made.word, "why": made.why, "opened": made.opened}
        connection.execute(update(fleets).where(fleets.c.id == fleet.id).values(said))
