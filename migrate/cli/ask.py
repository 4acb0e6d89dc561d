"""Questions to whoever sits at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import questionary

from migrate.exits import Exit
from migrate.results import Stopped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.platform import AddOn, App


def which_app(apps: Sequence[App]) -> str:
    """Given the apps of the account, return the name of the one that is picked."""
    return _answer(questionary.select("Which app?", choices=[app.name for app in apps]))


def which_add_on(add_ons: Sequence[AddOn]) -> AddOn:
    """Given several add-ons, return the one that is picked."""
    titles = {f"{item.name} on {item.plan}": item for item in add_ons}
    return titles[_answer(questionary.select("Which add-on?", choices=list(titles)))]


def app_name(app: str) -> str:
    """Return what is typed in answer to "are you sure"."""
    return _answer(questionary.text(f"Type the app's name to start ({app}):"))


def fleet_name(name: str, apps: int) -> str:
    """Return what is typed in answer to "are you sure" about many apps."""
    return _answer(questionary.text(f"Type the fleet's name to move {apps} apps ({name}):"))


def whether(question: str) -> bool:
    """Given a question, return whether it is answered with yes; no is what Enter says."""
    return _answer(questionary.confirm(question, default=False)) == str(True)


def _answer(question: questionary.Question) -> str:
    try:
        return str(question.unsafe_ask())
    except (KeyboardInterrupt, EOFError):
        raise Stopped(Exit.INTERRUPTED) from None
