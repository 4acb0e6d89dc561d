"""Sends a line to a chat when a migration begins, passes the point of no return, needs somebody, and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from migrate.events import EffectRequested, HeldAtGate, MigrationStarted, Result
from migrate.exits import Exit
from migrate.listeners.beside import Beside
from migrate.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.events import Event

CLOSING_SECONDS: Final = 5.0
_WAITING: Final = 20
_POINTS_OF_NO_RETURN: Final = frozenset({"remove", "remove-old"})
_MARKS: Final[dict[int, str]] = {Exit.DONE: "done", Exit.ROLLED_BACK: "rolled back"}


class Receiver(Protocol):
    """Where texts go."""

    def post(self, text: str) -> None:
        """Send a text; raises where it was not taken."""


class Notifier:
    """Says in a sentence what somebody who does not watch wants to know."""

    def __init__(self, receiver: Receiver, who: str, say: Callable[[str], None]) -> None:
        self._receiver, self._who, self._say = receiver, who, say
        self._about = ""
        self._said = False
        self._beside = Beside("notify", self._post, _WAITING)

    def hear(self, event: Event, migration: str) -> None:
        """Have a text sent where an event of a migration is worth one."""
        if isinstance(event, MigrationStarted):
            self._about = f"{event.app} ({event.from_plan} to {event.to_plan}, {migration})"
        if self._about and (text := self._text(event)):
            self._beside.put(redact(f"{self._about}: {text}"))
        self._complain()

    def close(self) -> None:
        """Give the last text a moment to leave."""
        self._beside.close(CLOSING_SECONDS)
        self._complain()

    def _text(self, event: Event) -> str:
        match event:
            case MigrationStarted(back=True):
                return f"going back, by {self._who}"
            case MigrationStarted():
                return f"{'resumed' if event.resumed else 'started'} by {self._who}"
            case EffectRequested() if event.effect.partition(":")[0] in _POINTS_OF_NO_RETURN:
                return "removing the old add-on now; there is no way back from here"
            case HeldAtGate():
                return f"waits for you before {event.step}. {event.state} To go on: {event.opens}"
            case Result():
                return _ending(event)
        return ""

    def _post(self, text: str) -> str:
        try:
            self._receiver.post(text)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the run goes on
            return redact(str(error)) or type(error).__name__
        return ""

    def _complain(self) -> None:
        if self._beside.trouble and not self._said:
            self._said = True
            self._say(f"Not everything could be sent to --notify: {self._beside.trouble}. The migration goes on.")


def _ending(event: Result) -> str:
    if mark := _MARKS.get(event.exit):
        return f"{mark}. {event.state}"
    then = f" Next: {event.next[-1]}" if event.next else ""
    return f"stopped [{event.code}, exit {int(event.exit)}]. {event.what} {event.why} {event.state}{then}"
