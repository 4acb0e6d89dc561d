"""What is shown of the apps of a fleet, one a row."""

from __future__ import annotations

from msgspec import Struct


class LookedAt(Struct, frozen=True):
    """One app before anything is done."""

    app: str
    wave: int
    """From 1 on; 0 where nothing is to be done for it."""
    plan: str
    """Its plan now; empty where that is not known."""
    verdict: str
    """ready, refused, moved, unknown, or not looked at."""
    code: str = ""
    """Of what refuses, or could not be read."""
    why: str = ""
    do: str = ""
    """What would mend it."""
    seconds: int | None = None
    """How long it may take, about; None where it is not known."""


class FleetRow(Struct, frozen=True):
    """One app of a fleet that has begun."""

    app: str
    wave: int
    state: str
    migration: str
    step: str
    """The one that was begun last; empty where there is none, or it is over."""
    code: str
    what: str
    next: str
    """What to type about it."""
    eager_seconds: float | None
    seconds: float | None
    """From its beginning to its end, or to now; None before it has begun."""
    holder: str
    """Who works on it; empty where nobody does."""
