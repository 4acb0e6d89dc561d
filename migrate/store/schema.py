"""The tables, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Column, DateTime, Integer, MetaData, String, Table

SCHEMA_VERSION: Final = 1

metadata = MetaData()

schema = Table("migrate_plan_schema", metadata, Column("version", Integer, primary_key=True))

migrations = Table(
    "migrations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("app", String(255), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("migration", String(32), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(255), nullable=False),
    Column("body", JSON, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("app", String(255), primary_key=True),
    Column("migration", String(32), nullable=False),
    Column("holder", String(255), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
