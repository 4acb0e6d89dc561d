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
from migrate.fleet.work import work
from migrate.results import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.fleet.members import Member, Standing
    from migrate.fleet.verdicts import Verdict
    from migrate.fleet.work import Desk

LOOK_SECONDS: Final = 1.0
"""How often a fleet is looked at."""
SIGN_SECONDS: Final = 20.0
"""How often a process gives a sign of life for what it works on."""
OUTAGE_SECONDS: Final = 600.0
"""How long a store may fail before the loop gives up; what is at work has its own way."""


class Crew(Protocol):
    """Whoever works on what is handed out."""

    def busy(self) -> tuple[str, ...]:
        """Return the apps that are worked on."""

    def start(self, fleet: str, member: Member) -> None:
        """Have an app worked on, which is held by this process."""

    def ask_before(self) -> None:
        """Have all end that can still go back."""

    def ask(self, exit_status: Exit) -> None:
        """Have all end where they may."""


@dataclass
class Threads:
    """A thread for each app."""

    desk: Desk
    _halts: dict[str, Halt] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def busy(self) -> tuple[str, ...]:
        """Return the apps that are worked on."""
        with self._lock:
            return tuple(self._halts)

    def start(self, fleet: str, member: Member) -> None:
        """Begin to work on an app; one that a thread of this process is still at is left to it."""
        with self._lock:
            # A store that was away for long makes what is at work look as if it were left.
            if member.app in self._halts:
                return
            halt = self._halts[member.app] = Halt()
        threading.Thread(target=self._work, args=(fleet, member, halt), name=member.app, daemon=True).start()

    def ask_before(self) -> None:
        """Have all end that can still go back."""
        for halt in tuple(self._halts.values()):
            halt.ask_before(Exit.INTERRUPTED)

    def ask(self, exit_status: Exit) -> None:
        """Have all end where they may."""
        for halt in tuple(self._halts.values()):
            halt.ask(exit_status)

    def _work(self, fleet: str, member: Member, halt: Halt) -> None:
        try:
            work(self.desk, fleet, member, halt)
        except StoreUnusable:
            return  # nobody could be told; it is held until somebody finds that it is not
        finally:
            with self._lock:
                del self._halts[member.app]


@dataclass
class Loop:
    """Gives out the apps of one fleet until nothing is left to do here."""

    desk: Desk
    crew: Crew
    fleet: str
    told: Callable[[Standing, Verdict], None]
    """Told of every look."""
    spare: Callable[[], bool] = lambda: True
    """Whether there are calls to spare for further apps."""

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
                if not self.crew.busy() and not found.starts and not found.held_back and not _others(standing):
                    return
            clock.sleep(LOOK_SECONDS)

    def _look(self) -> tuple[Standing, Verdict]:
        spare = self.spare()
        standing, found = self.desk.store.fleets.hand_out(
            self.fleet, self.desk.me, lambda seen: verdict(seen, spare=spare)
        )
        self.told(standing, found)
        if standing.word == Word.STOPPING or found.stop:
            self.crew.ask_before()
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
