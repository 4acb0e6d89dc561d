"""What keeps tasks from the old broker, and later from whichever broker is removed: read from the live release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.errors import WorldChanged
from migrate.migration import EAGER, MARKER, READ, WRITE, url_variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.run import Run

_VARIABLE: Final = {"documented": EAGER, "side-by-side": EAGER, "bridge": WRITE}


def require_diverted(run: Run) -> None:
    """Raise WorldChanged unless the current release carries this migration's mark and what diverts its tasks."""
    variables = run.variables()
    name = _VARIABLE[run.migration.strategy]
    marked = variables.get(MARKER, "").startswith(run.migration.id)
    if marked and _diverts(run, name, variables):
        return
    raise WorldChanged(
        f"{name} is no longer what this migration set.",
        why="Somebody changed it, so tasks may be published to the old broker again.",
        next=f"heroku releases --app {run.app}",
    )


def require_moved(run: Run) -> None:
    """Raise WorldChanged unless every name of the app leads to the new add-on in the current release."""
    _require_led_to(run, url_variable(run.migration.beside), run.migration.to_plan)


def require_left(run: Run) -> None:
    """Raise WorldChanged unless every name leads to the new add-on, and nothing else that Celery reads to the old."""
    require_moved(run)
    variables = run.variables()
    old = variables.get(url_variable(run.migration.spare))
    if again := [name for name in (WRITE, READ) if old is not None and variables.get(name) == old]:
        raise WorldChanged(
            f"{' and '.join(again)} lead{'s' if len(again) == 1 else ''} to the old add-on again.",
            why="Somebody set that, or went back to a release of that time, so tasks may go to the broker that is to "
            "be removed, or be awaited there.",
            next=f"heroku config:unset {' '.join(again)} --app {run.app}",
        )


def require_moved_back(run: Run) -> None:
    """Raise WorldChanged unless the current release has every name of the app on the old add-on, and no bridge."""
    if WRITE in run.variables() and run.migration.strategy == "bridge":
        raise WorldChanged(
            f"{WRITE} is set again.",
            why="Somebody set it, so tasks may go to the broker that is to be removed.",
            next=f"heroku config:unset {WRITE} --app {run.app}",
        )
    spared = run.journal.outcome("spare") is not None and run.journal.outcome("spare-off") is None
    # Before the release with that variable is live no name is moved.
    if spared and url_variable(run.migration.spare) in run.variables():
        _require_led_to(run, url_variable(run.migration.spare), run.migration.from_plan)


def leading_to(run: Run, variable: str) -> tuple[str, ...]:
    """Given a variable, return the names of the app whose variables have its value in the current release."""
    variables = run.variables()
    wanted = variables.get(variable)
    names = run.migration.attachments
    return tuple(name for name in names if wanted is not None and variables.get(url_variable(name)) == wanted)


def _diverts(run: Run, name: str, variables: Mapping[str, str]) -> bool:
    if name == EAGER:
        return variables.get(EAGER) == "True"
    new = variables.get(url_variable(run.migration.beside))
    return new is not None and variables.get(WRITE) == new


def _require_led_to(run: Run, variable: str, plan: str) -> None:
    led = leading_to(run, variable)
    if astray := [url_variable(name) for name in run.migration.attachments if name not in led]:
        raise WorldChanged(
            f"{', '.join(astray)} does not lead to the add-on on {plan}.",
            why="Somebody has attached another one, so tasks may go to the broker that is to be removed.",
            next=f"heroku addons --app {run.app}",
        )
