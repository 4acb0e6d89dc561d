"""A migration's spool, opened by the process that moves messages, and accounted for in the journal."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.carry.account import Account, account, note
from migrate.carry.spool import Spool
from migrate.errors import MigrateError, SpoolMissing
from migrate.results import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrate.run import Run


def spool_path(run: Run) -> Path:
    """Return where a migration's spool is on this machine."""
    return run.spools / f"{run.migration.id}.sqlite3"


@contextmanager
def opened(run: Run, *, make: bool) -> Iterator[Spool]:
    """Open the spool, made where it is missing and may be; what is in it is in the journal when the block is left.

    Raises SpoolMissing where the journal knows of one that is not here, or that was used since this copy was made.
    """
    path, known = spool_path(run), account(run.journal)
    if known is not None and known.finished:
        known = None  # a new one may follow it
    if known is not None and not path.is_file():
        raise _missing(known, path, f"There is no {path}.")
    if known is None and not make and not path.is_file():
        raise _unknown(run, path)
    about = {"migration": run.migration.id, "app": run.app, "add_on": run.migration.add_on}
    with closing(Spool(path, make=about if make else None)) as spool:
        use = int(spool.about.get("use", "0"))
        if known is not None and use < known.use:
            raise _missing(known, path, f"{path} is a copy from before it was last used.")
        spool.say(use=str(use + 1), left=run.migration.leftovers)
        mine = Account(str(path), run.who, use + 1, _waiting(spool))
        note(run.journal, mine)
        try:
            yield spool
        except (MigrateError, Stopped):
            note(run.journal, replace(mine, waiting=_waiting(spool), moving=False))
            raise
        note(run.journal, replace(mine, waiting=_waiting(spool), moving=False))


def finish(run: Run) -> None:
    """Delete the spool, all of whose messages are on a broker."""
    known = account(run.journal)
    if known is not None:
        note(run.journal, replace(known, finished=True))
        spool_path(run).unlink(missing_ok=True)


def _waiting(spool: Spool) -> int:
    return sum(queue.waiting for queue in spool.queues())


def _missing(known: Account, path: Path, why: str) -> SpoolMissing:
    return SpoolMissing(
        f"The spool of {known.waiting} messages is not on this machine.",
        why=f"{why} {known.who} has it, as {known.path}.",
        next=f"scp {known.who}:{known.path} {path}    (or go on there)",
    )


def _unknown(run: Run, path: Path) -> SpoolMissing:
    return SpoolMissing(
        "Whether messages were carried out to a spool is not known.",
        why=f"This migration was begun on another machine, whose checkpoints are lost; a spool of {run.migration.id} "
        "may be there.",
        next=f"copy it to {path}; if there is none: --accept SPOOL_MISSING",
    )
