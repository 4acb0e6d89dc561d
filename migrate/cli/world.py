"""Builds what a command works with, from options and environment."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct

from migrate import commands
from migrate.cli import faults
from migrate.cli.audience import NOBODY, Audience
from migrate.store.place import default_url, is_missing, spool_folder, sqlite_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from typing import TextIO

    from migrate.cli.speech import Speech
    from migrate.clients.broker import Brokers
    from migrate.clients.heroku import Heroku
    from migrate.clock import Clock
    from migrate.events import Event
    from migrate.migration import Migration
    from migrate.runner import Runner
    from migrate.store.records import Reading
    from migrate.store.store import Store


T = TypeVar("T")
_ASKING_THE_BROKER: Final = frozenset({commands.BEGIN, "resume", "finish", "rollback"})


class World(Struct, frozen=True):
    """Where Heroku, the brokers and the checkpoints are."""

    store_url: str | None
    rabbitmq_api: str | None
    drain_timeout: float
    quiesce_timeout: float = 600
    hold_timeout: float = 3600
    audience: Audience = NOBODY
    add_on: str | None = None
    """As it was named."""

    def heroku(self, speech: Speech) -> Heroku:
        """Return the client; raises TokenMissing."""
        from migrate.clients.heroku import Heroku
        from migrate.clients.heroku_token import api_url, find_token
        from migrate.clients.heroku_transport import HerokuTransport
        from migrate.clients.insistence import Briefly

        base_url = api_url(os.environ)
        transport = HerokuTransport(find_token(os.environ, base_url), speech.clock, base_url, speech.hear_call)
        return Heroku(transport, Briefly(speech.clock))

    def heroku_each(self, clock: Clock) -> Callable[[], Heroku]:
        """Return what makes a client for one thread, all of one account; raises TokenMissing."""
        from migrate.clients.heroku import Heroku
        from migrate.clients.heroku_token import api_url, find_token
        from migrate.clients.heroku_transport import HerokuTransport
        from migrate.clients.insistence import Briefly
        from migrate.clients.rate_limit import RateLimit

        base_url = api_url(os.environ)
        token, budget = find_token(os.environ, base_url), RateLimit(clock)
        return lambda: Heroku(HerokuTransport(token, clock, base_url, budget=budget), Briefly(clock))

    def brokers(self) -> Brokers:
        """Return what opens brokers."""
        from migrate.clients.broker import Brokers

        return Brokers(self.rabbitmq_api)

    def store(self, speech: Speech) -> Store:
        """Return the store, made where it is missing; raises StoreUnusable."""
        from migrate.store.store import Store

        return Store(self.store_url or default_url(os.environ), speech.clock)

    def looked(self, speech: Speech, look: Callable[[Reading], T]) -> T:
        """Return what a look finds, which changes nothing; where there is no store that is said.

        Where its file cannot just be read, the store is opened as for work; raises StoreUnusable.
        """
        from migrate.store.looking import Unseen, looking

        url = self.store_url or default_url(os.environ)
        path = sqlite_file(url)
        if path is not None and "?" not in url:
            self._say_where_missing(speech, url)
            with suppress(Unseen), looking(path, speech.clock) as seen:
                return look(seen)
        return look(self.store_to_read(speech))

    def store_to_read(self, speech: Speech) -> Store:
        """Return the store; one that is not there is said to be missing, is empty, and is not made."""
        url = self.store_url or default_url(os.environ)
        if not is_missing(url):
            return self.store(speech)
        from migrate.store.engine import open_nothing
        from migrate.store.store import Store

        self._say_where_missing(speech, url)
        return Store(url, speech.clock, open_nothing)

    @staticmethod
    def _say_where_missing(speech: Speech, url: str) -> None:
        if is_missing(url):
            speech.say(f"There is no store at {url.partition('///')[2]} yet.")

    def writable_store(self, speech: Speech) -> Store:
        """Return the store when it has taken a write; raises StoreUnusable."""
        store = self.store(speech)
        store.prove_writable()
        return store

    def attend(self, speech: Speech, store: Store) -> None:
        """Have everybody hear what happens from here on; raises AuditLogUnusable or UsageError."""
        self.audience.join(speech)
        speech.record(store)

    def runner(self, speech: Speech, store: Store, heroku: Heroku) -> Runner:
        """Return the machine."""
        return runner_of(
            self,
            store,
            heroku,
            clock=speech.clock,
            emit=speech.emit,
            shield=speech.interruption.shield,
            ask_before=speech.ask_before,
            stream=speech.people_stream,
            on_fault=faults.trace,
        )

    def command(self, verb: str, migration: Migration, *options: str) -> str:
        """Return what to type about a migration: with the options that are not in the environment."""
        words = commands.words(verb, migration, *options)
        if verb == commands.BEGIN:
            words += self._as_given(options)
        words += self._store_option()
        if verb in _ASKING_THE_BROKER and self.rabbitmq_api and "MIGRATE_RABBITMQ_API" not in os.environ:
            words += ["--rabbitmq-api", self.rabbitmq_api]
        if verb in _ASKING_THE_BROKER:
            words += self.audience.options()
        return shlex.join(words)

    def _as_given(self, options: Sequence[str]) -> list[str]:
        """Return what a migration does not keep of how it was asked for, but for what other options say anew."""
        from migrate.run import Limits

        given = {
            "--add-on": (self.add_on, None),
            "--drain-timeout": (self.drain_timeout, Limits().drain.deadline),
            "--quiesce-timeout": (self.quiesce_timeout, Limits().quiesce.deadline),
            "--hold-timeout": (self.hold_timeout, Limits().hold.deadline),
        }
        kept = {name: value for name, (value, default) in given.items() if value != default and name not in options}
        return [
            word
            for name, value in kept.items()
            for word in (name, f"{value:g}" if isinstance(value, float | int) else str(value))
        ]

    def fleet_command(self, verb: str, fleet: str, *options: str) -> str:
        """Return what to type about a fleet."""
        return shlex.join(["migrate-plan", "fleet", verb, fleet, *options, *self._store_option()])

    def _store_option(self) -> list[str]:
        # A URL with a password stays in MIGRATE_STORE, where it was.
        if self.store_url and "MIGRATE_STORE" not in os.environ and "@" not in self.store_url:
            return ["--store", self.store_url]
        return []


def runner_of(
    world: World,
    store: Store,
    heroku: Heroku,
    *,
    clock: Clock,
    emit: Callable[[Migration, Event], None],
    shield: Callable[[], AbstractContextManager[None]],
    ask_before: Callable[[Migration, str, float], str | None],
    stream: TextIO,
    on_fault: Callable[[BaseException], None],
) -> Runner:
    """Given a world and whoever hears, return the machine."""
    from migrate.clients.cloudamqp_instance import API, Instances
    from migrate.clients.shell import Shell
    from migrate.run import Limits
    from migrate.runner import Runner
    from migrate.waits import Patience

    drain = Patience(deadline=world.drain_timeout, interval=Limits().drain.interval)
    quiesce = Patience(deadline=world.quiesce_timeout, interval=Limits().quiesce.interval)
    hold = Patience(deadline=world.hold_timeout, interval=Limits().hold.interval)
    return Runner(
        store=store,
        heroku=heroku,
        brokers=world.brokers(),
        clock=clock,
        emit=emit,
        command=world.command,
        limits=Limits(quiesce=quiesce, drain=drain, hold=hold),
        shield=shield,
        shell=Shell(stream),
        ask_before=ask_before,
        spools=spool_folder(world.store_url or default_url(os.environ)),
        on_fault=on_fault,
        instances=Instances(os.environ.get("MIGRATE_CLOUDAMQP_API") or API),
    )
