"""How many dynos of which type an app wants, deploy after deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.sandbox.world import FormationEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.sandbox.world import App

RELEASE_TYPE = "release"
WEB_TYPE = "web"


def follow(app: App, process_types: Mapping[str, str]) -> None:
    """Give an app the process types of a slug: known ones keep their quantity, those that are gone end.

    Of new ones only a first `web` starts by itself: https://devcenter.heroku.com/articles/scaling
    """
    is_first = not app.formation
    for type_name, command in process_types.items():
        entry = app.formation.get(type_name)
        if entry is None:
            quantity = int(is_first and type_name == WEB_TYPE)
            app.formation[type_name] = FormationEntry(type=type_name, command=command, quantity=quantity)
        else:
            entry.command = command
    for gone in app.formation.keys() - process_types.keys():
        del app.formation[gone]


def begin(app: App, process_types: Mapping[str, str], quantities: Mapping[str, int]) -> None:
    """Give an app its first process types, with one dyno of each unless `quantities` says otherwise."""
    for type_name, command in process_types.items():
        quantity = 0 if type_name == RELEASE_TYPE else int(quantities.get(type_name, 1))
        app.formation[type_name] = FormationEntry(type=type_name, command=command, quantity=quantity)
