"""The mark on the app: who migrates it, since when, and all that another machine needs to go on.

It is set and removed together with the eager variable, in releases that are made anyway. People read its
beginning; what follows in JSON is the migration as it was decided, which holds no secret.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.errors import AppHeld
from migrate.migration import MARKER, Migration

if TYPE_CHECKING:
    from datetime import datetime

    from migrate.run import Run

_MARK: Final = re.compile(r"(?P<people>(?P<id>mig-\w+) to \S+ by .+? since \S+?)(?: (?P<body>\{.*\}))?", re.DOTALL)


class Mark(Struct, frozen=True):
    """A mark as it was read."""

    text: str
    """The whole value."""
    people: str
    """What people should see of it."""
    migration: Migration | None
    """None where it was written by hand or by a version that this one does not understand."""


def mark(migration: Migration, who: str, now: datetime) -> str:
    """Given a migration, who runs it and since when, return the value of the variable."""
    people = f"{migration.id} to {migration.to_plan} by {who} since {now:%Y-%m-%dT%H:%M:%SZ}"
    return f"{people} {json.dumps(migration.to_json(), separators=(',', ':'))}"


def read(text: str) -> Mark | None:
    """Given the value of the variable, return what it says, or None where it is not set."""
    if not text:
        return None
    found = _MARK.fullmatch(text)
    if found is None:
        return Mark(text, text, None)
    return Mark(text, found["people"], _migration(found["id"], found["body"]))


def refuse_foreign_mark(run: Run) -> None:
    """Raise AppHeld when the app carries another migration's mark."""
    found = read(run.variables().get(MARKER, ""))
    if found and not found.text.startswith(run.migration.id):
        raise foreign(run.app, found)


def foreign(app: str, found: Mark) -> AppHeld:
    """Given an app and another migration's mark on it, return the error that says so."""
    return AppHeld(
        f"{app} is being migrated: {found.people}",
        why=f"Its variable {MARKER} says so. This machine's store does not know that migration.",
        next=f"migrate-plan status --app {app}    (and where it was started, or with its --store)",
    )


def _migration(migration_id: str, body: str | None) -> Migration | None:
    try:
        found = Migration.from_json(json.loads(body or "{}"))
    except (ValueError, TypeError, KeyError):
        return None
    return found if found.id == migration_id else None
