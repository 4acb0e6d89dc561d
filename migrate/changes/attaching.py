"""Giving an add-on to the app under a name, and taking a name away, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.changes.effects import Effect
from migrate.changes.releases import newest_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.platform import Attachment
    from migrate.run import Run

    Body = Mapping[str, Any]


def attachment(
    effect: str, name: str, add_on: Callable[[Run], str], guard: Callable[[Run], None], *, replace: bool = False
) -> Effect:
    """Given the name of the effect, that of the attachment and of the add-on, return what attaches it.

    ``replace`` takes the name from the add-on that has it, in two releases.
    """

    def before(run: Run) -> Body:
        return {"version": newest_version(run), "add_on": add_on(run)}

    def send(run: Run, intent: Body) -> None:
        run.heroku.attach(run.app, add_on=intent["add_on"], name=name, replace=replace)

    def find(run: Run, intent: Body) -> Body | None:
        held = attached(run, name)
        if held is None or held.add_on != intent["add_on"]:
            return None
        # One that had the name already, and whose release failed, has it anew only with a release.
        made = newest_version(run) > intent["version"]
        return {"attachment": name} if made or not replace else None

    def look_at(run: Run, intent: Body) -> str:
        return f"heroku addons --app {run.app}    (is {intent['add_on']} there as {name}?)"

    return Effect(effect, before, send, find, guard, look_at)


def detachment(effect: str, name: str, guard: Callable[[Run], None]) -> Effect:
    """Given the name of the effect and that of the attachment, return what takes it away."""

    def before(run: Run) -> Body:
        held = attached(run, name)
        return {"id": held.id if held else ""}

    def send(run: Run, intent: Body) -> None:
        if intent["id"]:
            run.heroku.detach(intent["id"])

    def find(run: Run, _intent: Body) -> Body | None:
        return None if attached(run, name) else {"detached": name}

    def look_at(run: Run, _intent: Body) -> str:
        return f"heroku addons --app {run.app}    (is there an attachment {name}?)"

    return Effect(effect, before, send, find, guard, look_at)


def attached(run: Run, name: str) -> Attachment | None:
    """Given a name, return the app's attachment of that name, or None where there is none."""
    return next((item for item in run.heroku.attachments(run.app) if item.name == name), None)
