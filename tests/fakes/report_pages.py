"""Pages of made-up migrations."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from fakes.migrations import a_migration
from fakes.records import BEGIN, Record
from migrate.events import Result, StatusRead
from migrate.history import Past
from migrate.report.material import Material, masked
from migrate.report.page import Page, page
from migrate.report.story import Told
from migrate.secrets import redact_fault

if TYPE_CHECKING:
    from collections.abc import Sequence


def material(record: Record | Sequence[Told], phase: str = "done", holder: str = "", **told: object) -> Material:
    """What a store would say of a migration with this record."""
    mask = cache(redact_fault)
    events = record.told if isinstance(record, Record) else record
    status = StatusRead(
        "shop", "cloudamqp:lemur", "cloudamqp:bunny", phase, holder, "", {"drain": phase == "done"}, "drain"
    )
    migration = a_migration()
    past = Past(
        migration.id, "shop", "cloudamqp:lemur", "cloudamqp:bunny", "documented", "", "", phase, "", 34.1, False
    )
    next_ = ("migrate-plan resume mig-7f3k2q",) if phase == "stopped" else ()
    stood = Result(0, "STATUS", "", str(told.get("why", "")), "shop runs on cloudamqp:bunny.", next_)
    return Material(
        migration=migration,
        begun=BEGIN,
        record=tuple(Told(item.at, item.type, masked(item.body, mask)) for item in events),
        read=status,
        stood=stood,
        past=past,
        now=BEGIN + timedelta(hours=1),
    )


def page_of(record: Record | Sequence[Told], phase: str = "done", holder: str = "") -> Page:
    return page(material(record, phase, holder))
