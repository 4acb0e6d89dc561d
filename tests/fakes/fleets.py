"""An account with many apps, each a fake Heroku of its own, and processes that work on a fleet of them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakes.clock import FakeClock
from fakes.heroku import FakeHeroku
from migrate.commands import plain
from migrate.events import EffectRequested
from migrate.fleet.crew import Loop
from migrate.fleet.halting import Halt
from migrate.fleet.members import Fleet
from migrate.fleet.work import REMOVALS, Desk, work
from migrate.runner import Runner
from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migrate.commands import Command
    from migrate.events import Event
    from migrate.exits import Exit
    from migrate.fleet.members import Member, Standing
    from migrate.fleet.verdicts import Verdict
    from migrate.fleet.work import Tools
    from migrate.migration import Migration

ONCE = ("set eager", "remove", "add", "unset eager")
"""What moving an app takes."""


def a_fleet(*apps: str, **changes: Any) -> Fleet:
    """Return a fleet of one wave in which all may fail."""
    plain_one = {"waves": (apps,), "auto": True, "allowed_failures": len(apps), "parallel": 10}
    return Fleet(**{"id": "fleet-7f3k2q", "name": "brokers", "to_plan": "cloudamqp:bunny", **plain_one, **changes})


@dataclass
class FakeAccount:
    """Apps with their fake Herokus."""

    apps: dict[str, FakeHeroku]

    @classmethod
    def of(cls, *names: str) -> FakeAccount:
        return cls({name: FakeHeroku(name=name) for name in names})

    def writes(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(heroku.writes) for name, heroku in self.apps.items()}

    def check_moved_once(self, *names: str) -> None:
        """Hold that these were moved, and every call had its effect once."""
        for name in names:
            heroku = self.apps[name]
            assert tuple(heroku.writes) == ONCE, name
            assert [item.plan for item in heroku.add_ons(name)] == ["cloudamqp:bunny"], name
            assert set(heroku.config) == {"CLOUDAMQP_URL"}, name


@dataclass
class FakeTools:
    """What one app is worked on with, over its fake Heroku."""

    store: Store
    fake: Any
    halt: Halt
    clock: HaltingFakeClock
    on_event: Callable[[str, Event], None]
    command: Command = plain
    spare: Callable[[float, int], bool] = lambda _now, _others: True

    @property
    def heroku(self) -> Any:
        return self.fake

    @property
    def brokers(self) -> Any:
        return self.fake

    def has_spare(self, others: int) -> bool:
        return self.spare(self.clock.monotonic(), others)

    def runner(self, _fleet: Fleet, _app: str) -> Runner:
        return Runner(
            store=self.store,
            heroku=self.fake,
            brokers=self.fake,
            clock=self.clock,
            emit=self.tell,
            command=plain,
            shield=self.halt.shield,
            spools=Path(),
        )

    def tell(self, migration: Migration, event: Event) -> None:
        if isinstance(event, EffectRequested) and event.effect in REMOVALS:
            self.halt.beyond = True
        self.on_event(migration.app, event)
        self.halt.heed()


class HaltingFakeClock(FakeClock):
    """The fake clock of one app, which heeds its halt."""

    def __init__(self, halt: Halt, shared: FakeClock) -> None:
        super().__init__()
        self._halt, self._shared = halt, shared

    def now(self) -> Any:
        return self._shared.now()

    def monotonic(self) -> float:
        return self._shared.monotonic()

    def sleep(self, seconds: float) -> None:
        self._halt.heed()
        self._shared.sleep(seconds)
        self._halt.heed()


@dataclass
class InTurn:
    """A crew of one, which works on an app to its end before it is given the next."""

    desk: Desk
    on_start: Callable[[str, Halt], None] = lambda _app, _halt: None
    halts: list[Halt] = field(default_factory=list)

    def busy(self) -> tuple[str, ...]:
        return ()

    def start(self, fleet: str, member: Member) -> None:
        self.halts.append(halt := Halt())
        self.on_start(member.app, halt)
        # What was handed out with it is begun later, when the fleet may have been told to stop.
        work(self.desk, fleet, member, halt)

    def ask_before(self, fleet: str) -> None:
        """Nobody is at work between two looks."""

    def ask(self, exit_status: Exit) -> None:
        """Nobody is at work between two looks."""


@dataclass
class FakeFleet:
    """A fleet in a real store over fake Herokus; each ``process`` is a process of the program."""

    url: str
    account: FakeAccount
    clock: FakeClock = field(default_factory=FakeClock)
    on_event: Callable[[str, Event], None] = lambda _app, _event: None
    on_start: Callable[[str, Halt], None] = lambda _app, _halt: None
    looks: list[tuple[Standing, Verdict]] = field(default_factory=list)
    spare: Callable[[float, int], bool] = lambda _now, _others: True
    """Whether there are calls for one more app, at a time and beside so many others."""

    def __post_init__(self) -> None:
        self.store = Store(self.url, self.clock)

    def create(self, fleet: Fleet) -> None:
        self.store.fleets.create(fleet, {app: f"mig-{app}" for app in fleet.apps})

    def desk(self, me: str) -> Desk:
        return Desk(self.store, me, self.tools)

    @contextmanager
    def tools(self, fleet: Fleet, member: Member, halt: Halt) -> Iterator[Tools]:
        del fleet
        fake = self.account.apps[member.app]
        tools = FakeTools(self.store, fake, halt, HaltingFakeClock(halt, self.clock), self.on_event)
        tools.spare = self.spare
        yield tools

    def process(self, fleet: Fleet, me: str = "first") -> Standing:
        """Run a process until nothing is left for it to do; return how the fleet stands then."""
        desk = self.desk(me)
        Loop(desk, InTurn(desk, self.on_start), fleet.id, lambda *look: self.looks.append(look)).run()
        return self.store.fleets.standing(fleet.id)

    def states(self, fleet: Fleet) -> dict[str, str]:
        return {member.app: str(member.state) for member in self.store.fleets.standing(fleet.id).members}
