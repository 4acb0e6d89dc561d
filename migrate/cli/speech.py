"""How a command is heard and how it ends: listeners, signals, errors, the exit status."""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import typer
from msgspec.structs import replace

from migrate.cli import faults
from migrate.cli.again import TYPED, spelled
from migrate.cli.given import GIVEN
from migrate.clock import SystemClock
from migrate.errors import MigrateError, StoreUnusable, Unexpected
from migrate.events import ApiCalled, Result, StepStarted
from migrate.exits import Exit
from migrate.interruption import Interruption
from migrate.listeners.console import ConsoleText
from migrate.results import Stopped, lost_track, refusal
from migrate.secrets import redact_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import TextIO

    from migrate.clients.heroku_transport import ApiCall
    from migrate.events import Event
    from migrate.listeners import Listener
    from migrate.listeners.hooks import Hooks
    from migrate.listeners.json_lines import JsonLines
    from migrate.migration import Migration
    from migrate.store.store import Store

_SIGNALS = {
    signal.SIGINT: Exit.INTERRUPTED,
    signal.SIGTERM: Exit.TERMINATED,
    signal.SIGHUP: Exit.HUNG_UP,
}


_NOBODY_READS = {errno.EPIPE, errno.EIO, errno.ENOSPC}
"""A pipe whose reader has gone, a terminal that has gone, a file whose disk is full."""


class Speech:
    """Everybody who hears the events of this command."""

    def __init__(self, *, json: bool, markdown: bool = False) -> None:
        self.clock = SystemClock()
        self.interruption = Interruption(self._say_that_it_ends)
        self.migration = ""
        self.step = ""
        self._nobody_reads = False
        self.hooks: Hooks | None = None
        self.json = json
        self.interactive = not json and sys.stdin.isatty() and sys.stdout.isatty()
        self.people_stream = sys.stderr if json or markdown else sys.stdout
        self.people = ConsoleText(self.people_stream, self.clock, live=not json, previews=not markdown)
        self.listeners: tuple[Listener, ...] = (self.people,)
        self.programs: JsonLines | None = None
        if json:
            from migrate.listeners.json_lines import JsonLines

            self.programs = JsonLines(sys.stdout, self.clock)
            self.listeners += (self.programs,)
        if markdown:
            from migrate.listeners.preview_markdown import MarkdownPreview

            self.listeners += (MarkdownPreview(sys.stdout),)

    def record(self, store: Store) -> None:
        """From here on have what happens written to the store, once it is about a migration."""
        from migrate.listeners.recorder import Recorder

        self.listeners += (Recorder(store.events, self.clock, self.mention),)

    def forget_store(self) -> None:
        """Write what is left to the store, which is about to go."""
        from migrate.listeners.recorder import Recorder

        for recorder in self.listeners:
            if isinstance(recorder, Recorder):
                recorder.close()
        self.listeners = tuple(item for item in self.listeners if not isinstance(item, Recorder))

    def emit(self, migration: Migration, event: Event) -> None:
        """Tell every listener what happened in a migration; from here on the command is about it."""
        self.migration = migration.id
        self.tell(event)

    def tell(self, event: Event) -> None:
        """Tell every listener; when one has lost its reader the command ends, as at the end of a terminal."""
        if isinstance(event, StepStarted):
            self.step = event.step
        heard = [self._is_heard(partial(listener.hear, event, self.migration)) for listener in self.listeners]
        self._nobody_reads = self._nobody_reads or not all(heard)
        # A call that was answered is on disk first: the end can wait for the next event.
        if self._nobody_reads and not isinstance(event, Result | ApiCalled):
            self._nobody_reads = False
            self.interruption.ask(Exit.HUNG_UP)

    def pass_on(self, event: Event, migration: str) -> None:
        """Tell programs what happened in one of many migrations; people would not know which one a line is about."""
        if self.programs is not None and not self._is_heard(partial(self.programs.hear, event, migration)):
            self._nobody_reads = True

    def ask_before(self, migration: Migration, step: str, seconds: float) -> str | None:
        """Ask the operator's hooks whether a step may begin; return why not, empty for yes, None without hooks."""
        return self.hooks.ask(step, migration.id, seconds) if self.hooks else None

    def mention(self, text: str) -> None:
        """Print a line for people that is no event, and that no command ends for."""
        self._nobody_reads = not self._is_heard(partial(self.people.say, text)) or self._nobody_reads

    def say(self, text: str) -> None:
        """Print a line for people that is no event; without a reader the command ends."""
        if not self._is_heard(partial(self.people.say, text)):
            self.interruption.ask(Exit.HUNG_UP)

    def hear_call(self, call: ApiCall) -> None:
        """Given a call to Heroku that has just ended, tell it."""
        told = (call.method, call.path, call.status, call.error, call.request_id)
        self.tell(ApiCalled(self.step, *told, round(call.seconds, 3), call.remaining))

    def _is_heard(self, speak: Callable[[], None]) -> bool:
        """Return whether somebody still reads; where nobody does, what is written from now on goes nowhere."""
        try:
            speak()
        except OSError as error:
            if error.errno not in _NOBODY_READS:
                raise
            for stream in (sys.stdout, sys.stderr):
                _silence_unread(stream)
            return False
        return True

    def _say_that_it_ends(self, exit_status: Exit) -> None:
        how = "; Ctrl-C again stops now" if exit_status is Exit.INTERRUPTED else ""
        self._is_heard(partial(self.people.say, f"Stopping once the present call is on record{how}."))

    @contextmanager
    def about(self, migration: str | None) -> Iterator[None]:
        """While a store fails, let the end be about this migration: "nothing was changed" would be misread."""
        try:
            yield
        except StoreUnusable:
            self.migration = self.migration or migration or ""
            raise

    def say_given(self) -> None:
        """Say what the command has from a file; raises what keeps it from being gone by."""
        given = GIVEN.get()
        if given.trouble is not None:
            raise given.trouble
        if given.told:
            self.people.say(given.told)

    def fail(self, error: MigrateError | Stopped) -> None:
        """End the process with what kept the command from returning a result itself."""
        ended = lost_track(error, self.migration) if self.migration else refusal(error)
        self.end(replace(ended, next=tuple(spelled(text, TYPED.get()) for text in ended.next)))

    def close(self) -> None:
        """Let every listener end; who does not wait for one of them has the result already, and its status."""
        for listener in self.listeners:
            with suppress(Stopped):
                self._is_heard(listener.close)

    def end(self, result: Result) -> None:
        """Tell the result and end the process with its status."""
        self.tell(result)
        raise typer.Exit(int(result.exit))


@contextmanager
def speaking(*, json: bool, markdown: bool = False) -> Iterator[Speech]:
    """Run a command with its listeners; whatever ends it becomes a result and an exit status.

    With ``markdown`` the preview is a document on stdout, and people read the rest on stderr.
    """
    speech = Speech(json=json, markdown=markdown)
    _listen_to_signals(speech.interruption)
    try:
        speech.say_given()
        yield speech
    except (MigrateError, Stopped) as error:
        speech.fail(error)
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 -- a traceback may hold a secret; its text is redacted
        faults.trace(error)
        speech.fail(Unexpected(f"migrate-plan itself failed ({type(error).__name__}).", why=redact_fault(str(error))))
    finally:
        speech.close()


def _listen_to_signals(interruption: Interruption) -> None:
    # Set here and not inherited: a shell ignores SIGINT for what it runs in the background.
    def stop(number: int, _frame: FrameType | None) -> None:
        interruption.ask(_SIGNALS[signal.Signals(number)])

    for number in _SIGNALS:
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup shall be obeyed
            signal.signal(number, stop)


def _silence_unread(stream: TextIO) -> None:
    try:
        stream.flush()
    except OSError:
        # What is left in its buffer would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
