"""How a command ended, as its last event: exit status, what and why, the app's state, what to type next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from migrate.commands import BEGIN
from migrate.events import Result
from migrate.exits import Exit
from migrate.state import app_state, can_go_back

if TYPE_CHECKING:
    from migrate.commands import Command
    from migrate.errors import MigrateError
    from migrate.migration import Migration
    from migrate.store.journal import Journal

KEPT: Final = "KEPT"
_ENDED: Final = {
    Exit.INTERRUPTED: "was interrupted",
    Exit.TERMINATED: "was terminated",
    Exit.HUNG_UP: "was ended, because its terminal or the reader of its output is gone",
}
NOTHING_CHANGED = "Nothing was changed."


class Stopped(BaseException):
    """A signal asked the process to end; no ``except Exception`` on the way may swallow it."""

    def __init__(self, exit_status: Exit) -> None:
        super().__init__(exit_status.meaning)
        self.exit = exit_status


def refusal(error: MigrateError | Stopped) -> Result:
    """Given what ended a command before it changed anything, return its result."""
    if isinstance(error, Stopped):
        what = f"The command {_ENDED[error.exit]}."
        return Result(error.exit, error.exit.name, what, "", NOTHING_CHANGED, ())
    return Result(
        error.exit, error.code, error.what, error.why, NOTHING_CHANGED, _commands(error.next), error.runbook
    )


def stop(error: MigrateError | Stopped, migration: Migration, journal: Journal, command: Command) -> Result:
    """Given what ended a migration part-way, return its result."""
    changed = journal.changed_anything
    state = app_state(migration, journal)
    options = () if isinstance(error, Stopped) else error.options
    again = (command("resume" if changed else BEGIN, migration, *options),)
    back = command("rollback", migration) if can_go_back(journal) else ""
    if isinstance(error, Stopped):
        what = f"The migration {_ENDED[error.exit]}."
        return Result(error.exit, error.exit.name, what, "", state, again, back=back)
    status = Exit.RESUMABLE if changed and error.exit in {Exit.FAILED, Exit.REFUSED} else error.exit
    commands = (*_commands(error.next), *again)
    return Result(
        status, error.code, error.what, error.why, state, commands, error.runbook, back, choices=error.choices
    )


def lost_track(error: MigrateError | Stopped, migration: str) -> Result:
    """Given what ended a command before it could say where its migration stands, return its result."""
    status = error.exit if isinstance(error, Stopped) or error.exit != Exit.FAILED else Exit.RESUMABLE
    early = refusal(error)
    state = f"How far {migration} has got is in the store; this process ended before it could say."
    return replace(early, exit=status, state=state, next=(*early.next, f"migrate-plan status {migration}"))


def rolled_back(migration: Migration, journal: Journal) -> Result:
    """Given a migration that has been undone, return its result."""
    return Result(
        exit=Exit.ROLLED_BACK,
        code="ROLLED_BACK",
        what=f"The migration of {migration.app} to {migration.to_plan} was undone.",
        why="",
        state=app_state(migration, journal),
        next=(),
    )


def listed(what: str, command: str) -> Result:
    """Given what a command has shown and what may be typed then, return its result."""
    return Result(Exit.DONE, "LISTED", what, "", NOTHING_CHANGED, _commands(command))


def saved(path: str, migration: Migration) -> Result:
    """Given where a preview was saved and the migration that it may become, return how the dry run ends."""
    return Result(
        exit=Exit.DONE,
        code="SAVED",
        what=f"This was a dry run; its preview is in {path}.",
        why=f"It can be applied once, as {migration.id}, as long as the app is as it is now.",
        state=NOTHING_CHANGED,
        next=(shlex.join(["migrate-plan", "apply", path, "--confirm", migration.app]),),
    )


def reported(path: str, about: str) -> Result:
    """Given where a page was written and what it is about, a migration or a fleet, return the result."""
    return Result(Exit.DONE, "REPORTED", f"The report of {about} is in {path}.", "", NOTHING_CHANGED, ())


def advised(what: str, why: str) -> Result:
    """Given that nothing found should not stay, and what could not be read, return the result."""
    return Result(Exit.DONE, "ADVISED", what, why, NOTHING_CHANGED, ())


def nothing_to_do(what: str) -> Result:
    """Given why there is nothing to do, return the result of a command that did nothing."""
    return Result(Exit.DONE, "NOTHING_TO_DO", what, "", NOTHING_CHANGED, ())


def kept(migration: Migration, journal: Journal, command: Command) -> Result:
    """Given a migration that is done but for the removal of the old add-on, return its result."""
    return Result(
        exit=Exit.DONE,
        code=KEPT,
        what=f"{migration.app} was moved from {migration.from_plan} to {migration.to_plan}; the old add-on is kept.",
        why=f"It costs what it did, and is {migration.spare} until it is removed.",
        state=app_state(migration, journal),
        next=(command("finish", migration),),
        back=command("rollback", migration),
    )


def success(migration: Migration, journal: Journal, eager_seconds: float | None) -> Result:
    """Given a migration whose steps are all done, return its result."""
    return Result(
        exit=Exit.DONE,
        code="DONE",
        what=f"{migration.app} was moved from {migration.from_plan} to {migration.to_plan}.",
        why="",
        state=app_state(migration, journal),
        next=(),
        eager_seconds=eager_seconds,
    )


def _commands(text: str) -> tuple[str, ...]:
    return (text,) if text else ()
