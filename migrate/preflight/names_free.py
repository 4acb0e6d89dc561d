"""The names are free under which both add-ons are there for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.migration import BESIDE, url_variable
from migrate.preflight.finding import Finding, Severity
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.facts import Facts


def names_free(facts: Facts) -> Finding | None:
    """Given the facts, refuse a strategy with two add-ons where the app has one of the two names already."""
    if facts.strategy not in BESIDE or not facts.own_attachments:
        return None
    taken = [name for name in (facts.beside, facts.spare) if url_variable(name) in facts.variables]
    if not taken:
        return None
    return Finding(
        "NAMES_TAKEN",
        Severity.REFUSE,
        f"The app has {listed([url_variable(name) for name in taken])} already.",
        f"Under {facts.beside} the new add-on comes, under {facts.spare} the old one stays until it is removed. They "
        "may be left from an earlier migration.",
        f"heroku addons --app {facts.app.name}    (then: heroku addons:detach {taken[0]} --app {facts.app.name})",
    )
