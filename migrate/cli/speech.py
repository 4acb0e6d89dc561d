"""How a command is heard and how it ends: listeners, signals, errors, the exit status."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from migrate.clock import SystemClock
from migrate.errors import MigrateError, Unexpected
from migrate.exits import Exit
from migrate.listeners.console import ConsoleText
from migrate.listeners.json_lines import JsonLines
from migrate.results import Stopped, lost_track, refusal
from migrate.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from migrate.events import Event, Result
    from migrate.listeners import Listener
    from migrate.migration import Migration

_SIGNALS = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}


class Speech:
    """Everybody who hears the events of this command."""

    def __init__(self, *, json: bool) -> None:
        self.clock = SystemClock()
        self.migration = ""
        self.interactive = not json and sys.stdin.isatty() and sys.stdout.isatty()
        self.people = ConsoleText(sys.stderr if json else sys.stdout, self.clock, live=not json)
        self.listeners: tuple[Listener, ...] = (
            (self.people, JsonLines(sys.stdout, self.clock)) if json else (self.people,)
        )

    def emit(self, migration: Migration, event: Event) -> None:
        """Tell every listener what happened in a migration; from here on the command is about it."""
        self.migration = migration.id
        self.tell(event)

    def tell(self, event: Event) -> None:
        """Tell every listener."""
        for listener in self.listeners:
            listener.hear(event, self.migration)

    def fail(self, error: MigrateError | Stopped) -> None:
        """End the process with what kept the command from returning a result itself."""
        self.end(lost_track(error, self.migration) if self.migration else refusal(error))

    def end(self, result: Result) -> None:
        """Tell the result and end the process with its status."""
        self.tell(result)
        raise typer.Exit(int(result.exit))


@contextmanager
def speaking(*, json: bool) -> Iterator[Speech]:
    """Run a command with its listeners; whatever ends it becomes a result and an exit status."""
    _listen_to_signals()
    speech = Speech(json=json)
    try:
        yield speech
    except (MigrateError, Stopped) as error:
        speech.fail(error)
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 -- a traceback may hold a secret; its text is redacted
        speech.fail(Unexpected(f"migrate-plan itself failed ({type(error).__name__}).", why=redact(str(error))))
    finally:
        for listener in speech.listeners:
            listener.close()


def _listen_to_signals() -> None:
    # Set here and not inherited: a shell ignores SIGINT for what it runs in the background.
    def stop(number: int, _frame: FrameType | None) -> None:
        raise Stopped(_SIGNALS[signal.Signals(number)])

    for number in _SIGNALS:
        signal.signal(number, stop)
