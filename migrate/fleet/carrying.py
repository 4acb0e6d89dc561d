"""A fleet that Celery carries: apps are handed to the broker, taken by a worker, handed out anew when none does."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from migrate.errors import FleetBrokerUnusable, StoreUnusable
from migrate.fleet.crew import SIGN_SECONDS
from migrate.fleet.members import Word
from migrate.fleet.verdicts import verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.exits import Exit
    from migrate.fleet.celery_app import Carrier
    from migrate.fleet.crew import Threads
    from migrate.fleet.members import Member
    from migrate.fleet.work import Desk

BROKER: Final = "the broker"
"""Who holds an app that was handed over and that no worker has taken yet."""
SENT_SECONDS: Final = 300.0
"""So long a message may wait for a worker before another one is sent."""
_LOOKS: Final = 4
ROUND_SECONDS: Final = 2.0
"""How often a worker looks after the fleets in the store."""


@dataclass
class Sender:
    """A crew that is somewhere else: what it is to start is sent."""

    desk: Desk
    carrier: Carrier
    say: Callable[[str], None]

    def busy(self) -> tuple[str, ...]:
        """Return nobody: the workers give their own signs of life."""
        return ()

    def start(self, fleet: str, member: Member) -> None:
        """Send an app; where the broker does not take it, it is as before."""
        try:
            self.carrier.send(fleet, member.app)
        except FleetBrokerUnusable as error:
            self.say(f"{member.app} could not be handed over. {error.what} {error.why}")
            self.desk.store.fleets.settle(fleet, member, BROKER)

    def ask_before(self, fleet: str) -> None:
        """Nothing to do: every worker hears it from the store."""

    def ask(self, exit_status: Exit) -> None:
        """Nothing to do: the workers go on."""


@dataclass
class Rounds:
    """What a worker does beside its work: signs of life, words that were said, and what nobody works on."""

    desk: Desk
    threads: Threads
    sender: Sender
    _signed: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Make rounds in a thread of their own."""
        threading.Thread(target=self._go, name="rounds", daemon=True).start()

    def end(self) -> None:
        """Make no more rounds but signs of life."""
        self._ended.set()

    def make(self) -> None:
        """Make one round; raises StoreUnusable."""
        fleets, clock = self.desk.store.fleets, self.desk.store.clock
        now = clock.monotonic()
        if now - self._signed >= SIGN_SECONDS:
            fleets.keep(self.desk.me, self.threads.busy())
            self._signed = now
        for fleet in self.threads.fleets():
            if fleets.standing(fleet).word == Word.STOPPING:
                self.threads.ask_before(fleet)
        for fleet in fleets.under_way() if not self._ended.is_set() else ():
            if fleets.standing(fleet).fleet.carried:
                _, found = fleets.hand_out(fleet, BROKER, verdict, seconds=SENT_SECONDS)
                for member in found.starts:
                    self.sender.start(fleet, member)

    def _go(self) -> None:
        while True:
            try:
                self.make()
            except StoreUnusable as error:
                self.sender.say(f"The store does not answer; what is at work goes on. {error.why}")
            self.desk.store.clock.sleep(ROUND_SECONDS)


def carried_to(desk: Desk, threads: Threads, fleet: str, app: str) -> None:
    """Work on an app that was sent here, unless somebody else has it.

    The message of a worker that is killed may come before that process is seen to be dead. A store that does not
    answer is asked again: with the message gone nobody would look at the app before another one is sent.
    """
    for _ in range(_LOOKS):
        with suppress(StoreUnusable):
            member = desk.store.fleets.take(fleet, app, desk.me, BROKER)
            if member is not None:
                threads.work(fleet, member)
                return
            if not any(item.app == app and item.is_worked_on for item in desk.store.fleets.standing(fleet).members):
                return
        desk.store.clock.sleep(ROUND_SECONDS)
