"""The app's name, typed or given, before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrate.cli.speech import Speech


def confirm(speech: Speech, given: str | None, app: str) -> None:
    """Return once the app's name was given, or typed on a terminal; raises what says why not."""
    from migrate.planning.opening import check_confirmation

    if given is None and speech.interactive:
        from migrate.cli.ask import app_name

        given = app_name(app)
    check_confirmation(given, app)
