"""Whether the new add-on is there beside the old one, and whether anything was ever led to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.brokers.report import Unreadable
from migrate.changes.removing import is_going
from migrate.clients.broker import readable
from migrate.errors import BrokerUrlInvalid, WorldChanged
from migrate.migration import BESIDE

if TYPE_CHECKING:
    from migrate.run import Run
    from migrate.store.journal import Journal

_LEADING_THERE: Final = ("bridge-on", "reattach")
"""Effects before which nobody is told of the new broker: the bridge, and the move of the first name."""


def was_used(journal: Journal) -> bool:
    """Whether something may have been published to the new broker by this migration's doing."""
    added = journal.outcome("add") is not None
    return added and any(journal.intent(name) is not None or journal.failures(name) for name in _LEADING_THERE)


def may_hold_tasks(run: Run) -> bool:
    """Whether something of the app may be on the new broker: it was led there, or somebody published all the same.

    One that nobody was led to and that cannot be read, as while CloudAMQP provides it, holds nothing.
    """
    return was_used(run.journal) or _holds_messages(run)


def _holds_messages(run: Run) -> bool:
    if run.journal.outcome("add") is None:
        return False
    try:
        queues = readable(run.new_broker().rabbitmq.queues)
    except (BrokerUrlInvalid, WorldChanged):
        return False
    return not isinstance(queues, Unreadable) and bool(run.migration.sorting.messages(queues))


def is_gone(run: Run) -> bool:
    """Whether the new add-on was added, and is there no more or on its way out."""
    new = run.journal.outcome("add")
    return new is not None and is_going(run, new["id"])


def require_beside(run: Run) -> None:
    """Raise WorldChanged where both add-ons should be there and the new one is not."""
    if run.migration.strategy in BESIDE and is_gone(run):
        new = (run.journal.outcome("add") or {})["add_on"]
        raise WorldChanged(
            f"The new add-on {new} is gone.",
            why=f"Somebody removed it, with what was in it. {run.migration.add_on} is in place with all of its own.",
            next=f"{run.command('rollback', run.migration)}    (then begin anew)",
        )
