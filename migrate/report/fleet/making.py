"""From the store to the finished page about a fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.report.fleet.material import gather
from migrate.report.fleet.page import page
from migrate.report.fleet.rendering import html

if TYPE_CHECKING:
    from migrate.clock import Clock
    from migrate.events import Result
    from migrate.fleet.members import Standing
    from migrate.report.fleet.material import Typed
    from migrate.store.store import Store


def made(store: Store, standing: Standing, stood: Result, typed: Typed, clock: Clock) -> str:
    """Given a fleet in the store and what is said of it, return its page as HTML; raises StoreUnusable."""
    return html(page(gather(store, standing, stood, typed, clock)))
