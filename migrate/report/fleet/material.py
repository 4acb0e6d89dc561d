"""Reads what the page about a fleet is made of from the store: a handful of queries, however many apps there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migrate.fleet.seeing import seen
from migrate.report.material import masked
from migrate.report.story import Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.events import FleetSeen, Result
    from migrate.fleet.members import Standing
    from migrate.migration import Migration
    from migrate.report.story import Record
    from migrate.store.records import Entry
    from migrate.store.store import Store


class Typed(Struct, frozen=True):
    """What is typed about a fleet and its apps, spelled for whoever reads the page."""

    go_on: str
    retry: str
    report: str
    of_app: Command
    """Spells a command about the migration of one app."""


class FleetMaterial(Struct, frozen=True):
    """What the store knows of a fleet at one moment."""

    standing: Standing
    seen: FleetSeen
    migrations: Mapping[str, Migration]
    """By id, those that have begun."""
    journals: Mapping[str, Sequence[Entry]]
    """By the id of the migration; of it no more than names and times are of use."""
    releases: Mapping[str, Record]
    """Likewise: those that were seen live, as far as they are recorded."""
    stood: Result
    """What `fleet status` says of it."""
    typed: Typed
    now: datetime


def gather(store: Store, standing: Standing, stood: Result, typed: Typed, clock: Clock) -> FleetMaterial:
    """Given a fleet as it stands and what is said of it, return what is known; raises StoreUnusable."""
    begun = [member.migration for member in standing.members if member.began_at]
    return FleetMaterial(
        standing=standing,
        seen=seen(store, standing, clock),
        migrations={item.migration.id: item.migration for item in store.several(begun)},
        journals=store.journals(begun),
        releases={
            migration: tuple(Told(item.at, item.type, masked(item.body)) for item in lines)
            for migration, lines in store.events.chosen(begun, ("release.live",)).items()
        },
        stood=stood,
        typed=typed,
        now=clock.now(),
    )
