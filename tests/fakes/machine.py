"""The whole machine over a fake Heroku: one call is one process of the program."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from fakes.clock import FakeClock
from fakes.heroku import APP, FakeHeroku
from fakes.shell import FakeShell
from fakes.store import FakeStore
from migrate.clients.cloudamqp_instance import Instances
from migrate.commands import plain
from migrate.events import StepDone
from migrate.interruption import Interruption
from migrate.migration import Choices
from migrate.planning import opening
from migrate.runner import Runner
from migrate.store.store import Store
from migrate.survey import survey

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.events import Event, Result
    from migrate.migration import Migration

TARGET = "cloudamqp:bunny"


class Killed(BaseException):
    """As SIGKILL: nothing of the program runs after it."""


@dataclass
class Machine:
    """A store that outlives its processes, and the Heroku they work on."""

    url: str
    """Of the store; empty for one in memory."""
    heroku: FakeHeroku
    clock: FakeClock = field(default_factory=FakeClock)
    choices: Choices = field(default_factory=Choices)
    changes: dict[str, Any] = field(default_factory=dict)
    """Of the migration, as it is decided at the start."""
    events: list[Event] = field(default_factory=list)
    on_event: Callable[[Event], None] = lambda _event: None
    spools: Path = Path()
    shell: FakeShell = field(default_factory=FakeShell)
    instances: Instances = field(default_factory=Instances)
    interruption: Interruption = field(default_factory=Interruption)

    def __post_init__(self) -> None:
        # Any: the fake has what a runner and the commands use.
        self.store: Any = Store(self.url, self.clock) if self.url else FakeStore(self.clock)

    def migration(self) -> Migration:
        fake: Any = self.heroku
        facts = survey(fake, fake, APP, fake.add_ons(APP)[0], TARGET, sorting=self.choices.sorting)
        migration = replace(opening.migration_of(facts, "mig-7f3k2q", self.choices), **self.changes)
        opening.refuse_findings(opening.preview(facts, migration), migration)
        return migration

    def begin(self) -> Result:
        """Run a new process up to its end; raises Killed where it was killed."""
        return self._runner().begin(self.migration())

    def resume(self, plan: str = "") -> Result:
        """Run another process that goes on, perhaps to another plan."""
        return self._runner().resume(self.store.record("mig-7f3k2q").migration, plan)

    def roll_back(self) -> Result:
        """Run another process that undoes it."""
        return self._runner().roll_back(self.store.record("mig-7f3k2q").migration)

    def remove_kept(self) -> Result:
        """Run another process that removes the old add-on, which was kept."""
        return self._runner().finish(self.store.record("mig-7f3k2q").migration)

    @property
    def state(self) -> str:
        return str(self.store.record("mig-7f3k2q").state)

    def finish(self) -> Result:
        """Begin, and after a kill resume, as often as it takes."""
        try:
            return self.begin()
        except Killed:
            return self.resume()

    def _runner(self) -> Runner:
        fake: Any = self.heroku
        shell: Any = self.shell
        return Runner(
            store=self.store,
            heroku=fake,
            brokers=fake,
            clock=self.clock,
            emit=self._hear,
            command=plain,
            shield=self.interruption.shield,
            shell=shell,
            spools=self.spools,
            instances=self.instances,
        )

    def _hear(self, _migration: Migration, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)


def kill_after(step: str) -> Callable[[Event], None]:
    """Return what kills the process, the first time, once that step is on record."""
    killed: list[str] = []

    def on_event(event: Event) -> None:
        if isinstance(event, StepDone) and event.step == step and not killed:
            killed.append(step)
            raise Killed

    return on_event
