"""Brings the tables to this program's version: makes them where there are none, else goes version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, insert, select

from migrate.errors import StoreUnusable
from migrate.store.schema import events, fleet_apps, fleets, metadata, schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection


def _ways_back(_connection: Connection) -> None:
    # Nothing is altered. A migration that has turned round must not be resumed by a program of version 1, which
    # does not know of it and would go forward, and which knows none of the states that came with it.
    return


def _record(connection: Connection) -> None:
    # A program of version 2 that is at work meanwhile writes none, and is disturbed by none.
    events.create(connection)


def _fleets(connection: Connection) -> None:
    # A program of version 3 does not know them, and needs not: each app is held by its lease as ever.
    fleets.create(connection)
    fleet_apps.create(connection)


UPGRADES: Final[tuple[Callable[[Connection], None], ...]] = (_ways_back, _record, _fleets)
"""What leads from each version to the next, the first one from 1 to 2.

A released one never changes. It only adds, for a process of the version before may be at work meanwhile.
"""
SCHEMA_VERSION: Final = 1 + len(UPGRADES)

_CREATION: Final = 0x6D696772


def bring_up_to_date(connection: Connection) -> None:
    """Given a transaction, make or upgrade the tables in it; raises StoreUnusable where they are too new."""
    if connection.dialect.name == "postgresql":
        # Two programs that create the same table at once fail there. The number is ours alone.
        connection.execute(select(func.pg_advisory_xact_lock(_CREATION)))
    schema.create(connection, checkfirst=True)
    version = connection.execute(select(func.max(schema.c.version))).scalar()
    if version is None:
        metadata.create_all(connection)
    elif version > SCHEMA_VERSION:
        raise _too_new(version)
    else:
        for upgrade in UPGRADES[version - 1 :]:
            upgrade(connection)
    if version != SCHEMA_VERSION:
        connection.execute(insert(schema).values(version=SCHEMA_VERSION))


def _too_new(version: int) -> StoreUnusable:
    return StoreUnusable(
        f"The store was written by a newer migrate-plan (schema {version}, this one knows {SCHEMA_VERSION}).",
        why="An older program would not understand what is in it.",
        next="pip install --upgrade migrate-plan",
    )
