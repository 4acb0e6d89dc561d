"""What the journal knows of a spool: where it is, and how many messages are in it that belong to a broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import asdict

if TYPE_CHECKING:
    from migrate.store.journal import Journal

_NOTE: Final = "spool"
ADOPTED: Final = "adopted"
"""The note that a journal was rebuilt from what the app shows, which knows of no spool."""


class Account(Struct, frozen=True):
    """What was written down last."""

    path: str
    who: str
    """User and host that have the file."""
    use: int
    """How often it was opened to move messages: an older copy of the file has fewer."""
    waiting: int
    """Messages in it that are on no broker."""
    moving: bool = True
    """Whether a process is at work on it, or was killed at it: then there may be more, or fewer."""
    finished: bool = False
    """Whether all is on a broker, and the file may be gone."""


def account(journal: Journal) -> Account | None:
    """Return what is known of a migration's spool, or None where there is none."""
    noted = journal.noted(_NOTE)
    return Account(**noted) if noted else None


def note(journal: Journal, known: Account) -> None:
    """Write down what is so now."""
    if known != account(journal):
        journal.note(_NOTE, asdict(known))


def is_held(journal: Journal) -> bool:
    """Whether a spool has, or may have, messages that are on no broker."""
    known = account(journal)
    return known is not None and not known.finished and (known.moving or known.waiting > 0)


def may_be_elsewhere(journal: Journal) -> bool:
    """Whether another machine may have a spool that this journal does not know of."""
    return account(journal) is None and journal.noted(ADOPTED) is not None
