"""From the store to the finished file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.report.material import gather
from migrate.report.page import page
from migrate.report.rendering import report

if TYPE_CHECKING:
    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.store.records import Record
    from migrate.store.store import Store


def made(store: Store, stored: Record, clock: Clock, command: Command) -> str:
    """Given a migration in the store, return its page as HTML; raises StoreUnusable."""
    return report(page(gather(store, stored, clock, command)))
