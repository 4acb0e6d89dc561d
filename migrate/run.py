"""What a step works with: the migration, the clients, the journal, and a way to speak."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.clients.cloudamqp_instance import Instances
from migrate.clients.shell import Shell
from migrate.commands import plain
from migrate.errors import WorldChanged
from migrate.events import StepNoted
from migrate.migration import BESIDE, READ, SPARE, key_variable, url_variable
from migrate.waits import Patience
from migrate.workers.restart import REMAP

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from migrate.alarms.shapes import Alarms
    from migrate.brokers.report import Observation
    from migrate.clients.broker import Broker, Brokers
    from migrate.clients.cloudamqp_instance import Instance
    from migrate.clients.heroku import Heroku
    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.events import Event
    from migrate.facts import Surveyed
    from migrate.migration import Migration
    from migrate.platform import ProcessType
    from migrate.store.journal import Journal
    from migrate.store.records import Entry
    from migrate.waits import Waiter


FORMATION_SECONDS: Final = 15.0


class Limits(Struct, frozen=True):
    """How long each kind of wait may last and how often it looks, in seconds."""

    quiesce: Patience = Patience(deadline=600, interval=0.5)
    release: Patience = Patience(deadline=3900, interval=1.5, longest=10)
    """Longer than a release command may run, which is an hour."""
    dynos: Patience = Patience(deadline=600, interval=1.5, longest=10)
    drain: Patience = Patience(deadline=3600, interval=1.0)
    provision: Patience = Patience(deadline=1800, interval=2.0, longest=10)
    """CloudAMQP speaks of up to 10 minutes for a dedicated plan."""
    workers: Patience = Patience(deadline=180, interval=1.0)
    settle: Patience = Patience(deadline=60, interval=3.0)
    """For finding out what became of a call whose reply was lost."""
    hold: Patience = Patience(deadline=3600, interval=2.0)
    """At a gate."""
    outage: Patience = Patience(deadline=900, interval=2.0)
    """For each read of Heroku, once a call that changes the app was sent; other waits may last longer by that."""


@dataclass
class Run:
    """One process's work on one migration."""

    migration: Migration
    heroku: Heroku
    """Waits out an outage once the app is changed."""
    brokers: Brokers
    journal: Journal
    waiter: Waiter
    emit: Callable[[Event], None]
    who: str
    """User and host, for the marker on the app."""
    command: Command = plain
    """Spells what the operator may type."""
    limits: Limits = field(default_factory=Limits)
    shield: Callable[[], AbstractContextManager[None]] = nullcontext
    """Keeps a first Ctrl-C waiting while a call is under way."""
    step: str = ""
    """The name of the step at hand."""
    proof: Observation | None = None
    """The last look at a broker in the watch that found it empty, in this process."""
    proven: tuple[str, int] = ("", 0)
    """The label of that broker, and how many workers had to answer on it."""
    ending: bool = False
    """Whether the process is about to end, and no outage is waited out any more."""
    known_broker: Broker | None = None
    """The broker that the app's variable named when this process asked last."""
    surveyed: Surveyed | None = None
    """What this process has read of the app for its preview; None where another process showed that."""
    seen_live: int = 0
    """The newest release that was told to be live."""
    remap_sigterm: str | None = None
    """The app's REMAP_SIGTERM, when this process asked last."""
    heroku_once: Heroku | None = None
    """What nothing rests on is asked here, for it gives up after some seconds; None: ask like all the rest."""
    shell: Shell = field(default_factory=Shell)
    """Runs the operator's own commands."""
    ask_before: Callable[[str, float], str | None] = lambda _step, _seconds: None
    """Given a step's name, asks the operator's hooks for so many seconds whether it may begin.

    Returns why not, empty where it may, None where there are no hooks.
    """
    spools: Path = Path()
    """The folder in which messages lie between two brokers."""
    instances: Instances = field(default_factory=Instances)
    """CloudAMQP's API of each add-on."""
    words: Callable[[], Sequence[Entry]] = tuple
    """Reads what operators have said to the migration's gates."""
    old_alarms: Alarms | None = None
    """Those of the old add-on with the keys of their recipients, which are nowhere but in this process."""
    _brokers: dict[str, Broker] = field(default_factory=dict)
    _formation: tuple[float, tuple[ProcessType, ...]] = (-FORMATION_SECONDS, ())
    """When Heroku was asked for it, on the monotonic clock, and its answer."""

    @property
    def clock(self) -> Clock:
        """The clock that every wait uses."""
        return self.waiter.clock

    @property
    def app(self) -> str:
        """The app's name."""
        return self.migration.app

    def note(self, text: str) -> None:
        """Say something that is neither progress nor an end."""
        self.emit(StepNoted(self.step, text))

    def formation(self) -> tuple[ProcessType, ...]:
        """Return the app's process types, as they were 15 s ago at most, and since the newest release was seen live.

        Who is added later starts on that release; who was there before may be restarted late, and is waited for.
        """
        now = self.clock.monotonic()
        if now - self._formation[0] >= FORMATION_SECONDS:
            self._formation = now, self.heroku.formation(self.app)
        return self._formation[1]

    def forget_formation(self) -> None:
        """Have the process types asked anew: this migration scales, or a release went live."""
        self._formation = -FORMATION_SECONDS, ()

    def scale(self, quantities: Mapping[str, int]) -> None:
        """Set how many dynos there should be of each process type; makes no release."""
        self.forget_formation()
        self.heroku.scale(self.app, quantities)

    def variables(self) -> Mapping[str, str]:
        """Return the variables that dynos run with: those of the live release, never of a pending or failed one.

        The app's own may be stale, or ahead (heroku/cli#3345). Raises WorldChanged where none is seen to be live.
        """
        current = next((item for item in self.heroku.releases(self.app) if item.current), None)
        if current is None:
            raise WorldChanged(
                f"None of the newest releases of {self.app} is live.",
                why="So it cannot be read which variables its dynos run with.",
                next=f"heroku releases --app {self.app}    (after a good one, the same command again)",
            )
        return self.heroku.variables_of(self.app, current)

    def broker(self) -> Broker:
        """Return the broker that the workers read now; raises WorldChanged when its variable is not there."""
        variables = self.variables()
        self.remap_sigterm = variables.get(REMAP)
        self.known_broker = self._open(variables, self._read_by_workers(variables))
        return self.known_broker

    def names_a_broker(self) -> bool:
        """Whether the variable is there that tells the workers their broker."""
        variables = self.variables()
        return self._read_by_workers(variables) in variables

    def old_instance(self) -> Instance:
        """Return CloudAMQP's own API of the add-on that is left; raises AlarmsUnusable without its key."""
        return self.instances.open(self.variables(), key_variable(self._left))

    def new_instance(self) -> Instance:
        """Return CloudAMQP's own API of the add-on that is moved to; raises AlarmsUnusable without its key."""
        return self.instances.open(self.variables(), key_variable(self._moved_to))

    def old_broker(self) -> Broker:
        """Return the broker that is left, under its spare name once it has one; raises WorldChanged."""
        return self._open(self.variables(), url_variable(self._left))

    def new_broker(self) -> Broker:
        """Return the broker that is moved to; raises WorldChanged where no variable names it."""
        return self._open(self.variables(), url_variable(self._moved_to))

    @property
    def _left(self) -> str:
        """The attachment that leads to the old add-on."""
        spared = self.journal.outcome(SPARE) is not None
        return self.migration.spare if spared else self.migration.attachments[0]

    @property
    def _moved_to(self) -> str:
        """The attachment that leads to the new add-on."""
        return self.migration.beside if self.migration.strategy in BESIDE else self.migration.attachments[0]

    def _read_by_workers(self, variables: Mapping[str, str]) -> str:
        pinned = self.migration.strategy == "bridge" and READ in variables
        return READ if pinned else self.migration.variable

    def _open(self, variables: Mapping[str, str], variable: str) -> Broker:
        # One connection is kept for each address: a plan may allow few.
        if variable not in variables:
            raise WorldChanged(
                f"The app has no {variable}.",
                why="The add-on's attachment is gone, and not by this migration.",
                next=f"heroku addons --app {self.app}",
            )
        broker = self.brokers.open(variables, variable)
        return self._brokers.setdefault(broker.address.label, broker)

    def close(self) -> None:
        """Give every broker connection back."""
        for broker in self._brokers.values():
            broker.control.close()
            broker.mover.close()
        self._brokers.clear()
