"""One more release after those that the migration's variables make: the slug again, or a command of the operator's.

A command's release is told by its version: the newest after the one that was noted before. Where this process is
killed the command may go on by itself; while it lives on this machine it is waited for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from migrate.changes.effects import Effect, perform, settle
from migrate.changes.marks import refuse_foreign_mark
from migrate.changes.releases import newest_version, wait_until_settled
from migrate.errors import AccessError, DeployFailed, OutcomeUnknown, UsageError, WaitExpired
from migrate.events import CommandEnded, CommandStarted
from migrate.holder import living, on_this_machine
from migrate.platform import PENDING, SUCCEEDED
from migrate.secrets import redact
from migrate.waits import Patience, Waiting
from migrate.workers.quiet import keep_quiet, quiesce

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.clients.shell import Command
    from migrate.run import Run

    Body = Mapping[str, Any]

BY_VARIABLES: Final = "release"
SLUG: Final = "slug"
COMMAND: Final = "command:"
_LOOK_SECONDS: Final = 10.0
_SECRET: Final = re.compile(r"(key|token|password|secret)[\w-]*=(?!\s|[\"']?\$)|\bbearer\s+(?!\$)", re.IGNORECASE)
"""A value that a name calls secret; one that the shell looks up is fine."""


def deploy_of(text: str) -> str:
    """Given what was typed after ``--deploy``, return it as a migration keeps it; raises UsageError."""
    if text in {BY_VARIABLES, SLUG}:
        return text
    command = text.removeprefix(COMMAND).strip()
    if not text.startswith(COMMAND) or not command:
        raise UsageError(
            f"There is no deploy {text.partition(':')[0]!r}.",
            why=f"There are: {BY_VARIABLES} (the release that the variables make), {SLUG}, 'command: ...'.",
            next="--deploy 'command: git push heroku main'",
        )
    if _SECRET.search(command):
        raise _has_secret()
    if "@" in command and "://" in command:
        raise UsageError(
            "The deploy command has a URL with a user in it.",
            why="The command is kept in the store and in the mark on the app, where no password may be.",
            next="a script of yours that runs it: --deploy 'command: ./deploy.sh'",
        )
    return f"{COMMAND} {command}"


def refuse_secrets(deploy: str) -> None:
    """Given how to deploy, raise UsageError where a secret is in it that this process knows by now."""
    if redact(deploy) != deploy:
        raise _has_secret()


def _has_secret() -> UsageError:
    return UsageError(
        "The deploy command seems to have a secret in it.",
        why="The command is kept in the store and in the mark on the app, where none may be.",
        next="--deploy 'command: ./deploy.sh'    (with the secret in the environment, where the script finds it)",
    )


def description(name: str, migration: str) -> str:
    """Given a step and a migration's id, return how the release of its slug is described on Heroku."""
    return f"Redeploy for {migration} ({name})"


def deploying(name: str, deploy: str) -> Effect:
    """Given a step and how to deploy, return the effect; sending a command raises DeployFailed."""
    if deploy == SLUG:
        return Effect(name, _before_slug, _sender_of_slug(name), _finder_of_slug(name), _guard, _look_at)
    return Effect(
        name,
        lambda run: {"version": newest_version(run)},
        _sender_of_command(name, deploy.removeprefix(COMMAND).strip()),
        _finder_of_command(name),
        _guard,
        _look_at,
    )


def deploy(run: Run, effect: Effect) -> int:
    """Make sure that a deploy has happened, and return its release's version; raises DeployFailed.

    A command that an earlier process has started is run again where nothing came of it.
    """
    if settle(run, effect) is None and run.journal.intent(effect.name) is not None:
        if run.journal.noted(_started(effect.name)) is not None:
            run.note(
                "An earlier process was killed while it deployed, and there is no release of it. It is run again."
            )
        run.journal.retract(effect.name, happened=False)
    return int(perform(run, effect)["version"])


def _guard(run: Run) -> None:
    wait_until_settled(run)
    refuse_foreign_mark(run)
    quiesce(run)


def _before_slug(run: Run) -> Body:
    slug = next((item.slug for item in run.heroku.releases(run.app) if item.current), None)
    if slug is None:
        raise DeployFailed(
            "The current release has no slug to release again.",
            why="Heroku shows none, as for an app that was never deployed.",
            next=f"heroku releases:info --app {run.app}",
        )
    return {"version": newest_version(run), "slug": slug}


def _sender_of_slug(name: str) -> Callable[[Run, Body], None]:
    def send(run: Run, intent: Body) -> None:
        run.heroku.release_slug(run.app, intent["slug"], description=description(name, run.migration.id))

    return send


def _finder_of_slug(name: str) -> Callable[[Run, Body], Body | None]:
    def find(run: Run, intent: Body) -> Body | None:
        text = description(name, run.migration.id)
        ours = [item.version for item in run.heroku.releases(run.app) if item.description == text]
        return next(({"version": version} for version in sorted(ours) if version > intent["version"]), None)

    return find


def _sender_of_command(name: str, command: str) -> Callable[[Run, Body], None]:
    def send(run: Run, intent: Body) -> None:
        run.emit(CommandStarted(run.step, command))
        status: int | str = "not started"
        try:
            started = run.shell.start(command)
            run.journal.note(_started(name), {"process": started.holder})
            status = _status(run, started)
        except OSError as error:
            run.journal.retract(name, happened=False)
            raise _failed(run, f"It could not be started: {error.strerror}.") from None
        finally:
            # The command has changed the app, and the client does not know of it.
            run.heroku.forget()
            run.emit(CommandEnded(run.step, str(status)))
        if status:
            raise _ended_badly(run, name, intent, f"It ended with status {status}.")
        _see_release(run, name, intent)

    return send


def _status(run: Run, command: Command) -> int:
    meanwhile = keep_quiet(run)

    def look() -> int | Waiting:
        status = command.status(_LOOK_SECONDS)
        if status is not None:
            return status
        meanwhile()
        return Waiting("the deploy command runs")

    try:
        return run.waiter.until(look, Patience(deadline=run.limits.release.deadline, interval=0.0))
    except WaitExpired:
        command.end()
        raise


def _see_release(run: Run, name: str, intent: Body) -> None:
    def look() -> Body | Waiting:
        return _find_newer(run, intent) or Waiting("the deploy command has ended; looking for its release")

    try:
        run.waiter.until(look, run.limits.settle)
    except WaitExpired:
        run.journal.retract(name, happened=False)
        why = (
            f"It ended with status 0, and no release has come after v{intent['version']}: perhaps nothing was new, "
            "or your command does not wait for its release."
        )
        raise _failed(run, why) from None


def _ended_badly(run: Run, name: str, intent: Body, why: str) -> DeployFailed:
    """Retract what has come to nothing; a release that is live or may become so is left for going on to judge."""
    try:
        newest = max(run.heroku.releases(run.app), key=lambda item: item.version)
    except (AccessError, OutcomeUnknown) as error:
        return _failed(run, f"{why} Whether a release came of it is not known: {error.what}", is_left=True)
    came = newest.version > intent["version"]
    if came and newest.status in {PENDING, SUCCEEDED}:
        stands = "is not live yet" if newest.status == PENDING else "is live"
        return _failed(run, f"{why} v{newest.version} has come meanwhile, which {stands}.", is_left=True)
    # At once: Ctrl-C ends the command too, and then this process, before anybody hears of this.
    run.journal.retract(name, happened=came)
    return _failed(run, f"{why} v{newest.version} has come meanwhile, which {newest.status}." if came else why)


def _failed(run: Run, why: str, *, is_left: bool = False) -> DeployFailed:
    then = (
        "a release that has come is waited for, and taken for the deploy" if is_left else "the command is run again"
    )
    return DeployFailed(
        "The deploy command did not succeed.",
        why=f"{why} Its own words are above.",
        next=f"heroku releases --app {run.app}    (then go on: {then})",
    )


def _finder_of_command(name: str) -> Callable[[Run, Body], Body | None]:
    def find(run: Run, intent: Body) -> Body | None:
        # Whoever asks what became of it would be overtaken by its release.
        _wait_for_earlier(run, name)
        return _find_newer(run, intent)

    return find


def _find_newer(run: Run, intent: Body) -> Body | None:
    newest = newest_version(run)
    return {"version": newest} if newest > intent["version"] else None


def _wait_for_earlier(run: Run, name: str) -> None:
    noted = run.journal.noted(_started(name))
    if noted is None:
        return

    def look() -> bool | Waiting:
        process = str(noted["process"])
        return Waiting(f"the deploy command of an earlier process still runs: {process}") if _lives(process) else True

    run.waiter.until(look, run.limits.release)


def _lives(process: str) -> bool:
    return on_this_machine(process) and bool(living(process))


def _started(name: str) -> str:
    return f"command:{name}"


def _look_at(run: Run, intent: Body) -> str:
    return f"heroku releases --app {run.app}    (is there one after v{intent['version']}?)"
