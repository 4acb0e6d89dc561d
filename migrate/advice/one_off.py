"""The settings of an app whose workers do not answer, told by a one-off dyno: seconds of a dyno, and no release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from migrate.advice.imported import Imported
from migrate.brokers.report import Unreadable
from migrate.clients.app_settings import END, MARK, shell_command, told_by
from migrate.clients.dyno_log import lines_until
from migrate.errors import HerokuRefused

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.advice.process_commands import WorkerCommand
    from migrate.clients.heroku import Heroku
    from migrate.clock import Clock

SECONDS: Final = 120.0
"""How long it may take until the dyno has said it."""
_AT_MOST: Final = 180
"""Seconds after which Heroku ends the dyno if it does not end by itself."""


def told_by_one_off(heroku: Heroku, clock: Clock, practice: Practice) -> Practice:
    """Given an app whose workers have not told their settings, return its practice with what a one-off dyno says.

    It imports the app with the app's config vars, as a worker does, and prints a short list of settings to the app's
    log; which these are is decided on the dyno. Raises the errors of the Heroku client.
    """
    named = [item for item in practice.worker_commands if item.app]
    if not named:
        why = Unreadable("no worker answered, and no command names its app by -A, which a one-off dyno would import")
        return Imported(why).put_into(practice)
    try:
        return replace(_asked(heroku, clock, practice, named[0]), source="one-off")
    except HerokuRefused as error:
        return Imported(Unreadable(f"no worker answered, and Heroku refused a dyno: {error.why}")).put_into(practice)


def _asked(heroku: Heroku, clock: Clock, practice: Practice, worker: WorkerCommand) -> Practice:
    size = next(item.size for item in practice.formation if item.type == worker.type)
    dyno = heroku.run_dyno(
        practice.app, command=shell_command(worker.app, worker.folder), size=size, seconds=_AT_MOST
    )
    said = lines_until(heroku.log_of(practice.app, dyno.name), END, clock, SECONDS)
    if isinstance(said, Unreadable):
        return Imported(said).put_into(practice)
    plain, eager = ([told_by(line, worker.app) for line in said if MARK in line] + [Unreadable(_NOTHING)] * 2)[:2]
    return Imported(plain, eager, f"the one-off dyno {dyno.name}").put_into(practice)


_NOTHING: Final = "the one-off dyno ended without an answer"
