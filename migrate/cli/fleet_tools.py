"""What one app of a fleet is worked on with in this process: clients and listeners of its own."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from migrate.cli import faults
from migrate.cli.world import runner_of
from migrate.clients.broker import Brokers
from migrate.clients.heroku import Heroku
from migrate.clients.heroku_token import api_url, find_token
from migrate.clients.heroku_transport import HerokuTransport
from migrate.clients.insistence import Briefly
from migrate.clients.rate_limit import RateLimit
from migrate.clock import SystemClock
from migrate.events import ApiCalled, EffectRequested, Result
from migrate.fleet.halting import Halt, HaltingClock
from migrate.fleet.manifest import WAITS
from migrate.fleet.urgency import urgent
from migrate.fleet.work import REMOVALS, Desk, Tools
from migrate.holder import this_process
from migrate.listeners.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from migrate.cli.world import World
    from migrate.clients.heroku_transport import ApiCall
    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.events import Event
    from migrate.fleet.members import Fleet, Member
    from migrate.listeners import Listener
    from migrate.listeners.hooks import Hooks
    from migrate.migration import Migration
    from migrate.runner import Runner
    from migrate.secrets import Secret
    from migrate.store.store import Store


@dataclass
class Workshop:
    """What the apps that this process works on have in common."""

    world: World
    store: Store
    say: Callable[[str], None]
    """For what is no event; called in any thread."""
    told: SimpleQueue[tuple[str, Event]] | None = None
    """Where the events of all migrations go, to be shown by the thread that has the screen; None: nowhere."""
    token: Secret = field(init=False)
    base_url: str = field(init=False)
    budget: RateLimit = field(init=False)

    def __post_init__(self) -> None:
        self.base_url = api_url(os.environ)
        self.token = find_token(os.environ, self.base_url)
        self.budget = RateLimit(SystemClock())

    def desk(self) -> Desk:
        """Return what pieces of work share."""
        return Desk(self.store, this_process(), self.tools)

    @contextmanager
    def tools(self, fleet: Fleet, member: Member, halt: Halt) -> Iterator[Tools]:
        """Return what an app is worked on with while the block lasts."""
        del fleet
        clock = HaltingClock(SystemClock(), halt)
        listeners, hooks = self.world.audience.gathered(clock, self.say)
        everybody: tuple[Listener, ...] = (*listeners, Recorder(self.store.events, SystemClock(), self.say))
        tools = AppTools(self, clock, halt, everybody, hooks, migration=member.migration)
        try:
            yield tools
        finally:
            for listener in everybody:
                listener.close()

    def heroku(
        self, clock: Clock, hear: Callable[[ApiCall], None], comes_first: Callable[[], bool] = lambda: False
    ) -> Heroku:
        """Return a client for one thread."""
        transport = HerokuTransport(
            self.token, clock, self.base_url, hear, budget=self.budget, comes_first=comes_first
        )
        return Heroku(transport, Briefly(clock))


@dataclass
class AppTools:
    """What one migration is worked on with."""

    workshop: Workshop
    clock: Clock
    halt: Halt
    listeners: tuple[Listener, ...]
    hooks: Hooks | None
    migration: str
    step: str = ""
    eager: bool = False
    """Whether the app is held in eager mode, or without a broker, so that its calls come first."""
    heroku: Heroku = field(init=False)
    brokers: Brokers = field(init=False)

    def __post_init__(self) -> None:
        self.heroku = self.workshop.heroku(self.clock, self._hear_call, lambda: self.eager)
        self.brokers = Brokers(self.workshop.world.rabbitmq_api)

    @property
    def command(self) -> Command:
        """What spells commands."""
        return self.workshop.world.command

    def has_spare(self, others: int) -> bool:
        """Whether Heroku's budget has calls for one more app beside so many others."""
        return self.workshop.budget.has_spare(others)

    def runner(self, fleet: Fleet, app: str) -> Runner:
        """Return the machine, with the waits that the fleet's options say."""
        return runner_of(
            _with_waits(self.workshop.world, fleet.options_of(app)),
            self.workshop.store,
            self.heroku,
            clock=self.clock,
            emit=self.tell,
            shield=self.halt.shield,
            ask_before=self._ask_before,
            stream=sys.stderr,
            on_fault=faults.trace,
        )

    def tell(self, migration: Migration, event: Event) -> None:
        """Have everybody hear what happened, once it is known whether the work goes on."""
        if isinstance(event, EffectRequested) and event.effect in REMOVALS:
            self.halt.beyond = True
        self.step = getattr(event, "step", self.step)
        self.eager = urgent(event, self.eager)
        if not isinstance(event, Result | ApiCalled):
            self.halt.heed()
        self._deliver(event, migration.id)

    def _ask_before(self, migration: Migration, step: str, seconds: float) -> str | None:
        return self.hooks.ask(step, migration.id, seconds) if self.hooks else None

    def _hear_call(self, call: ApiCall) -> None:
        told = (call.method, call.path, call.status, call.error, call.request_id)
        self._deliver(ApiCalled(self.step, *told, round(call.seconds, 3), call.remaining), self.migration)

    def _deliver(self, event: Event, migration: str) -> None:
        for listener in self.listeners:
            listener.hear(event, migration)
        if self.workshop.told is not None:
            self.workshop.told.put((migration, event))


def _with_waits(world: World, options: Mapping[str, Any]) -> World:
    return replace(world, **{key.replace("-", "_"): options[key] for key in WAITS if key in options})
