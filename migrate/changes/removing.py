"""Removing an add-on, once, and seeing it gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.changes.effects import Effect
from migrate.changes.releases import wait_until_settled
from migrate.errors import AppUnknown
from migrate.platform import GONE
from migrate.waits import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.run import Run

    Body = Mapping[str, Any]


def removal(
    effect: str, identity: Callable[[Run], str], name: Callable[[Run], str], guard: Callable[[Run], None]
) -> Effect:
    """Given the name of the effect, the add-on's id and name, and what guards the call, return what removes it."""

    def before(run: Run) -> Body:
        # Nothing is read here: between the last look and the call no second may be lost.
        return {"add_on": identity(run)}

    def send(run: Run, intent: Body) -> None:
        try:
            run.heroku.delete_add_on(run.app, intent["add_on"])
        except AppUnknown:
            # Somebody else was quicker: that is what was wanted.
            if not is_going(run, intent["add_on"]):
                raise

    def find(run: Run, intent: Body) -> Body | None:
        return {"state": "gone"} if is_going(run, intent["add_on"]) else None

    def look_at(run: Run, _intent: Body) -> str:
        return f"heroku addons --app {run.app}    (is {name(run)} still there?)"

    return Effect(effect, before, send, find, guard, look_at)


def is_going(run: Run, add_on: str) -> bool:
    """Given an add-on's id, say whether Heroku knows it no more, or as one that is on its way out.

    Raises AppUnknown where it is the app that Heroku does not show any more.
    """
    known = run.heroku.add_on(run.app, add_on)
    if known is None:
        run.heroku.app(run.app)
    return known is None or known.state in GONE


def wait_until_gone(run: Run, add_on: str) -> None:
    """Given an add-on's id, wait until Heroku says that it does not exist and no release is pending."""

    def look() -> bool | Waiting:
        known = run.heroku.add_on(run.app, add_on)
        if known is None or known.state == "deprovisioned":
            return True
        return Waiting(f"{known.name} is {known.state}")

    run.waiter.until(look, run.limits.provision)
    wait_until_settled(run)
