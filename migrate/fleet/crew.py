"""Threads that work on a fleet in this process, and the loop that gives them their apps."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from migrate.errors import StoreUnusable
from migrate.exits import Exit
from migrate.fleet.halting import Halt
from migrate.fleet.members import Word
from migrate.fleet.verdicts import verdict
from migrate.fleet.work import OUTAGE_SECONDS, work
from migrate.results import Stopped
from migrate.store.fleets import HOLD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.fleet.members import Member, Standing
    from migrate.fleet.verdicts import Verdict
    from migrate.fleet.work import Desk

LOOK_SECONDS: Final = 1.0
"""How often a fleet is looked at."""
SIGN_SECONDS: Final = 20.0
"""How often a process gives a sign of life for what it works on."""


class Crew(Protocol):
    """Whoever works on what is handed out."""

    def busy(self) -> tuple[str, ...]:
        """Return the apps that are worked on in this process."""

    def start(self, fleet: str, member: Member) -> None:
        """Have an app worked on, which is held for this crew."""

    def ask_before(self, fleet: str) -> None:
        """Have all of a fleet end that can still go back."""

    def ask(self, exit_status: Exit) -> None:
        """Have all end where they may."""


@dataclass
class Threads:
    """A thread for each app."""

    desk: Desk
    _halts: dict[str, tuple[str, Halt]] = field(default_factory=dict)
    """By app: its fleet, and what ends it."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def busy(self) -> tuple[str, ...]:
        """Return the apps that are worked on."""
        with self._lock:
            return tuple(self._halts)

    def fleets(self) -> frozenset[str]:
        """Return the fleets of which apps are worked on."""
        with self._lock:
            return frozenset(fleet for fleet, _ in self._halts.values())

    def start(self, fleet: str, member: Member) -> None:
        """Begin to work on an app in a thread of its own."""
        threading.Thread(target=self.work, args=(fleet, member), name=member.app, daemon=True).start()

    def work(self, fleet: str, member: Member) -> None:
        """Work on an app in this thread; one that another thread of this process is still at is left to that."""
        with self._lock:
            # A store that was away for long makes what is at work look as if it were left.
            if member.app in self._halts:
                return
            halt = Halt()
            self._halts[member.app] = (fleet, halt)
        try:
            work(self.desk, fleet, member, halt)
        except StoreUnusable:
            return  # nobody could be told; it is held until somebody finds that it is not
        finally:
            with self._lock:
                del self._halts[member.app]

    def ask_before(self, fleet: str) -> None:
        """Have all of a fleet end that can still go back."""
        with self._lock:
            halts = [halt for of, halt in self._halts.values() if of == fleet]
        for halt in halts:
            halt.ask_before(Exit.INTERRUPTED)

    def ask(self, exit_status: Exit) -> None:
        """Have all end where they may."""
        with self._lock:
            halts = [halt for _, halt in self._halts.values()]
        for halt in halts:
            halt.ask(exit_status)


@dataclass
class Loop:
    """Gives out the apps of one fleet until nothing is left to do here."""

    desk: Desk
    crew: Crew
    fleet: str
    told: Callable[[Standing, Verdict], None]
    """Told of every look."""
    seconds: float = HOLD_SECONDS
    """How long what is handed out is held without a sign of life."""

    def run(self) -> None:
        """Return when the fleet is over, or waits for a word, and nobody here works any more.

        A signal (Stopped) has all end where they may, and is raised again then.
        """
        try:
            self._run()
        except Stopped as stopped:
            self.crew.ask(stopped.exit)
            self._wait_for_all()
            raise

    def _run(self) -> None:
        clock, signed, failing = self.desk.store.clock, 0.0, 0.0
        while True:
            now = clock.monotonic()
            try:
                if now - signed >= SIGN_SECONDS:
                    self.desk.store.fleets.keep(self.desk.me, self.crew.busy())
                    signed = now
                standing, found = self._look()
                failing = 0.0
            except StoreUnusable:
                failing = failing or now
                if now - failing > OUTAGE_SECONDS:
                    raise
            else:
                if not self.crew.busy() and not found.starts and not _others(standing):
                    return
            clock.sleep(LOOK_SECONDS)

    def _look(self) -> tuple[Standing, Verdict]:
        standing, found = self.desk.store.fleets.hand_out(self.fleet, self.desk.me, verdict, seconds=self.seconds)
        self.told(standing, found)
        if standing.word == Word.STOPPING or found.stop:
            self.crew.ask_before(self.fleet)
        for member in found.starts:
            self.crew.start(self.fleet, member)
        return standing, found

    def _wait_for_all(self) -> None:
        while self.crew.busy():
            try:
                self.desk.store.clock.sleep(LOOK_SECONDS / 4)
            except Stopped as again:
                self.crew.ask(again.exit)


def _others(standing: Standing) -> bool:
    """Whether anybody, perhaps elsewhere, works on an app of the fleet."""
    return any(member.is_worked_on for member in standing.members)
