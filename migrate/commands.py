"""What the operator types next, spelled so that it works where the present command did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from migrate.migration import Migration


class Command(Protocol):
    """Spells a command about a migration, with the options that the present one was given."""

    def __call__(self, verb: str, migration: Migration, *options: str) -> str:
        """Given ``resume``, ``rollback`` or another verb, return the whole line."""


def plain(verb: str, migration: Migration, *options: str) -> str:
    """Return the line for somebody whose store and broker are where they are by default."""
    return " ".join(("migrate-plan", verb, migration.id, *options))
