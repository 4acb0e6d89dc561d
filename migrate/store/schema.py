"""The tables, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

if TYPE_CHECKING:
    from sqlalchemy import Dialect


class Moment(TypeDecorator[datetime]):
    """A time, in UTC both ways: SQLite gives it back without its zone, PostgreSQL in that of the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Given a time in any zone, return it as it is written."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Given a time as it was read, return it in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


metadata = MetaData()

schema = Table("migrate_plan_schema", metadata, Column("version", Integer, primary_key=True))

migrations = Table(
    "migrations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("app", String(255), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("migration", String(32), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(255), nullable=False),
    Column("body", JSON, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("migration", String(32), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("type", String(40), nullable=False),
    Column("body", JSON, nullable=False),
)
"""What happened, for people to look at: nothing that a migration rests on."""

leases = Table(
    "leases",
    metadata,
    Column("app", String(255), primary_key=True),
    Column("migration", String(32), nullable=False),
    Column("holder", String(255), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

fleets = Table(
    "fleets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, index=True),
    Column("word", String(16), nullable=False),
    Column("opened", Integer, nullable=False),
    Column("tolerated", Integer, nullable=False),
    Column("why", String(255), nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
)

fleet_apps = Table(
    "fleet_apps",
    metadata,
    Column("fleet", String(32), primary_key=True),
    Column("app", String(255), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("wave", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("migration", String(32), nullable=False),
    Column("holder", String(255)),
    Column("held_until", Moment),
    Column("exit", Integer),
    Column("code", String(64), nullable=False),
    Column("what", Text, nullable=False),
    Column("next", Text, nullable=False),
    Column("eager_seconds", Float),
    Column("began_at", Moment),
    Column("ended_at", Moment),
    Index("fleet_apps_by_app", "app"),
)
"""The apps of fleets, and who works on them: the lease and the journal decide, this only schedules."""
