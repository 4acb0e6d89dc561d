"""Heroku's maintenance mode for the swap: web requests get a page and nothing else happens; each call once.

https://devcenter.heroku.com/articles/maintenance-mode. It makes no release and restarts nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from migrate.changes.effects import Effect
from migrate.changes.marks import refuse_foreign_mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.run import Run
    from migrate.store.journal import Journal

    Body = Mapping[str, Any]

ON: Final = "maintenance-on"
"""The effect that switches it on; its outcome says whether it ``was`` on already, and so is not ours to end."""
OFF: Final = "maintenance-off"


def switching_on() -> Effect:
    """Return the effect that switches maintenance mode on, where it is off."""
    return Effect(ON, _before_on, _send_on, _find_on, refuse_foreign_mark, _look_at)


def switching_off() -> Effect:
    """Return the effect that switches it off."""
    return Effect(OFF, lambda _run: {}, _send_off, _find_off, refuse_foreign_mark, _look_at)


def is_ours(journal: Journal) -> bool:
    """Whether maintenance mode is on by this migration's doing."""
    done = journal.outcome(ON)
    return done is not None and not done["was"] and journal.outcome(OFF) is None


def _before_on(run: Run) -> Body:
    return {"was": run.heroku.app(run.app).maintenance}


def _send_on(run: Run, intent: Body) -> None:
    if not intent["was"]:
        run.heroku.set_maintenance(run.app, on=True)


def _find_on(run: Run, intent: Body) -> Body | None:
    return intent if intent["was"] or run.heroku.app(run.app).maintenance else None


def _send_off(run: Run, _intent: Body) -> None:
    run.heroku.set_maintenance(run.app, on=False)


def _find_off(run: Run, _intent: Body) -> Body | None:
    return None if run.heroku.app(run.app).maintenance else {"maintenance": "off"}


def _look_at(run: Run, _intent: Body) -> str:
    return f"heroku maintenance --app {run.app}"
