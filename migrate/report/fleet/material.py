"""Reads what the page about a fleet is made of from the store: a handful of queries, however many apps there are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from migrate.fleet.seeing import seen
from migrate.report.material import masked
from migrate.report.story import Told
from migrate.secrets import redact_fault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.events import FleetSeen, Result
    from migrate.fleet.members import Standing
    from migrate.migration import Migration
    from migrate.report.story import Record
    from migrate.store.store import Store

_KINDS: Final = ("migration.started", "release.live", "effect.requested", "step.done", "record.incomplete")
"""What says when an app was eager or without a broker. All events of 500 apps would be too many."""


@dataclass(frozen=True)
class Typed:
    """What is typed about a fleet and its apps, spelled for whoever reads the page."""

    go_on: str
    retry: str
    report: str
    of_app: Command
    """Spells a command about the migration of one app."""


@dataclass(frozen=True)
class FleetMaterial:
    """What the store knows of a fleet at one moment."""

    standing: Standing
    seen: FleetSeen
    migrations: Mapping[str, Migration]
    """By id, those that have begun."""
    records: Mapping[str, Record]
    """By the id of the migration: a part of its events."""
    stood: Result
    """What `fleet status` says of it."""
    typed: Typed
    now: datetime


def gather(store: Store, standing: Standing, stood: Result, typed: Typed, clock: Clock) -> FleetMaterial:
    """Given a fleet as it stands and what is said of it, return what is known; raises StoreUnusable."""
    mask = cache(redact_fault)
    begun = [member.migration for member in standing.members if member.began_at]
    records = store.events.chosen(begun, _KINDS)
    return FleetMaterial(
        standing=standing,
        seen=seen(store, standing, clock),
        migrations={item.migration.id: item.migration for item in store.several(begun)},
        records={
            migration: tuple(Told(item.at, item.type, masked(item.body, mask)) for item in lines)
            for migration, lines in records.items()
        },
        stood=stood,
        typed=typed,
        now=clock.now(),
    )
