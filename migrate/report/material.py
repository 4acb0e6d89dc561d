"""Reads what a page is made of from the store; nothing of it is a secret, and what looks like one is masked."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from migrate.history import past_of
from migrate.report.story import Told
from migrate.secrets import redact_fault
from migrate.standing import standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.events import Result, StatusRead
    from migrate.history import Past
    from migrate.migration import Migration
    from migrate.report.story import Record
    from migrate.store.records import Record as Stored
    from migrate.store.store import Store


class Material(Struct, frozen=True):
    """What the store knows of a migration at one moment."""

    migration: Migration
    begun: datetime
    record: tuple[Told, ...]
    read: StatusRead
    stood: Result
    past: Past
    now: datetime


def gather(store: Store, stored: Stored, clock: Clock, command: Command, record: Record | None = None) -> Material:
    """Given a migration in the store, return what is known of it; raises StoreUnusable.

    ``record`` is what was read of it before, to which nothing is added here.
    """
    read, stood = standing(store, stored, clock, command)
    return Material(
        migration=stored.migration,
        begun=stored.created_at,
        record=tuple(told_since(store, stored.migration.id)[0] if record is None else record),
        read=read,
        stood=stood,
        past=past_of(store, stored, clock),
        now=clock.now(),
    )


def told_since(store: Store, migration: str, after: int = -1) -> tuple[list[Told], int]:
    """Return the events of a migration with a higher number than ``after``, and the last number."""
    mask = cache(redact_fault)  # a long drain says the same names again and again
    events = store.events.read(migration, after)
    last = events[-1].sequence if events else after
    return [Told(item.at, item.type, masked(item.body, mask)) for item in events], last


def masked(value: Any, mask: Callable[[str], str] = redact_fault) -> Any:
    """Given what JSON can hold, return it without secrets: known ones, and what stands before the host of a URL."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(str(key)): masked(item, mask) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, mask) for item in value]
    return value
