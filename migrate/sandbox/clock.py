"""The sandbox's only source of the time of day."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def timestamp() -> float:
    """Return the present moment in seconds since 1970."""
    return now().timestamp()


def stamp(moment: datetime) -> str:
    """Given a moment, return it as the Platform API writes dates: seconds, and a Z for UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
