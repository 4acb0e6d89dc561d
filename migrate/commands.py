"""What the operator types next, spelled so that it works where the present command did."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, Protocol

from migrate.as_typed import begun_anew

if TYPE_CHECKING:
    from migrate.migration import Migration

BEGIN: Final = ""
"""The verb that has no name: begin another migration like this one."""


class Command(Protocol):
    """Spells a command about a migration, with the options that the present one was given."""

    def __call__(self, verb: str, migration: Migration, *options: str) -> str:
        """Given ``resume``, ``rollback``, another verb or BEGIN, return the whole line."""


def words(verb: str, migration: Migration, *options: str) -> list[str]:
    """Return the words of the line for somebody whose store and broker are where they are by default."""
    if verb == BEGIN:
        return [*begun_anew(migration), *options]
    return ["migrate-plan", verb, migration.id, *options]


def plain(verb: str, migration: Migration, *options: str) -> str:
    """Return that line."""
    return shlex.join(words(verb, migration, *options))
