"""What becomes of messages that the drain leaves: decided by the operator, never by the program."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from migrate.carry.account import is_held
from migrate.errors import UsageError

if TYPE_CHECKING:
    from migrate.migration import Migration
    from migrate.store.journal import Journal

WAIT, CARRY, DUMP, DISCARD = "wait", "carry", "dump", "discard"
KINDS: Final = (WAIT, CARRY, DUMP, DISCARD)


@dataclass(frozen=True)
class Leftovers:
    """A decision."""

    kind: str = WAIT
    count: int | None = None
    """Exactly how many messages may be discarded."""


def decided(kind: str | None, count: int | None) -> Leftovers | None:
    """Given what was typed, return the decision, None where nothing was; raises UsageError."""
    if kind is None and count is None:
        return None
    if kind not in KINDS:
        raise UsageError(
            f"There is no --leftovers {kind}." if kind else "--discard-count goes with --leftovers discard.",
            why=f"There are: {', '.join(KINDS)}.",
            next="--leftovers carry",
        )
    if (kind == DISCARD) != (count is not None):
        raise UsageError(
            "--leftovers discard and --discard-count go together.",
            why="Exactly so many messages are discarded, or none.",
            next="--leftovers discard --discard-count N    (N: what the drain says is left)",
        )
    return Leftovers(kind, count)


def decided_anew(migration: Migration, journal: Journal, wanted: Leftovers) -> Migration:
    """Given a migration under way and another decision, return the migration that follows it; raises UsageError."""
    if wanted.kind == WAIT and is_held(journal):
        raise UsageError(
            "There is nothing to wait for any more.",
            why="Messages have been taken out of the broker already.",
            next="--leftovers carry    (or dump)",
        )
    return replace(migration, leftovers=wanted.kind, discard_count=wanted.count)
