"""``status --watch``: the same again and again, until nobody works on the migration any more."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from rich.console import Console
from rich.live import Live
from rich.text import Text

from migrate.errors import StoreUnusable
from migrate.events import Result
from migrate.exits import Exit
from migrate.listeners.status_text import change, line, lines
from migrate.results import Stopped
from migrate.secrets import redact
from migrate.standing import standing
from migrate.store.records import OPEN, State

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import StatusRead
    from migrate.migration import Migration
    from migrate.store.store import Store

INTERVAL_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 60.0
"""So long a store may be out of reach before the watch ends."""

_EXITS: Final = {State.DONE: Exit.DONE, State.ROLLED_BACK: Exit.ROLLED_BACK}


def watch(speech: Speech, world: World, store: Store, migration: Migration) -> Result:
    """Given a migration, show where it stands whenever that changes; return how it was left.

    The result's exit is that of the migration: 0 done, 8 rolled back, 3 where somebody must go on with it, 1 where it
    was given up or ended before anything was changed. Whoever ends the watch ends nothing else.
    """
    watching = _Watch(speech, world, store, migration.id)
    try:
        with _screen(speech) as watching.screen:
            read, result = watching.to_the_end()
    except Stopped as stopped:
        return unwatched(stopped, world.command("status", migration, "--watch"))
    if watching.screen is not None:
        speech.tell(read)
    over = Exit.RESUMABLE if read.phase in OPEN else Exit.FAILED
    return replace(result, exit=_EXITS.get(State(read.phase), over))


@dataclass
class _Watch:
    speech: Speech
    world: World
    store: Store
    migration: str
    screen: Live | None = None
    """What is redrawn; None off a terminal, where each change is told."""
    _seen: tuple[object, ...] = ()
    _answered: float = 0.0

    def to_the_end(self) -> tuple[StatusRead, Result]:
        clock = self.speech.clock
        self._answered = clock.monotonic()
        while True:
            found = self._look()
            if found is not None:
                self._show(found[0])
                if found[0].phase not in OPEN or not found[0].holder:
                    return found
            clock.sleep(INTERVAL_SECONDS)

    def _look(self) -> tuple[StatusRead, Result] | None:
        now = self.speech.clock.monotonic()
        try:
            record = self.store.record(self.migration)
            found = standing(self.store, record, self.speech.clock, self.world.command)
        except StoreUnusable:
            if now - self._answered > PATIENCE_SECONDS:
                raise
            return None
        self._answered = now
        return found

    def _show(self, read: StatusRead) -> None:
        if self.screen is not None:
            self.screen.update(Text(redact("\n".join(lines(read, self.speech.clock.now())))), refresh=True)
        elif change(read) != self._seen and self.speech.json:
            self.speech.tell(read)
        elif change(read) != self._seen:
            self.speech.say(f"{self.speech.clock.now():%H:%M:%S}  {line(read)}")
        self._seen = change(read)


def _screen(speech: Speech) -> AbstractContextManager[Live | None]:
    if speech.json or not speech.people_stream.isatty():
        return nullcontext()
    return Live(console=Console(file=speech.people_stream, highlight=False), transient=True, auto_refresh=False)


def unwatched(stopped: Stopped, again: str) -> Result:
    """Given what ended a watch and the command that begins it again, return the result."""
    what = "Watching has ended. The migration itself goes on."
    return Result(stopped.exit, stopped.exit.name, what, "", "", (again,))
