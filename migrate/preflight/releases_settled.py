"""No release is on its way and the newest one is live: ours would queue up behind it or repeat its failure.

https://devcenter.heroku.com/articles/release-phase
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.platform import PENDING, SUCCEEDED
from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def releases_settled(facts: Facts) -> Finding | None:
    """Given the facts, refuse while the newest release is anything but succeeded."""
    newest = facts.releases[0] if facts.releases else None
    if newest is None:
        return _refuse("The app has no release.", "There is nothing to restart.", "git push heroku main")
    if newest.status == SUCCEEDED:
        return None
    if newest.status == PENDING:
        why = "Its release command is still running, and config reads show old values meanwhile."
        return _refuse(
            f"Release v{newest.version} is pending.", why, f"heroku releases:output --app {facts.app.name}"
        )
    why = "The next release would run the same release command, and its failure would stop the migration."
    return _refuse(
        f"The newest release, v{newest.version}, is {newest.status}.",
        why,
        f"heroku releases:output v{newest.version} --app {facts.app.name}    (fix it, deploy, try again)",
    )


def _refuse(what: str, why: str, do: str) -> Finding:
    return Finding("RELEASE_UNSETTLED", Severity.REFUSE, what, why, do)
