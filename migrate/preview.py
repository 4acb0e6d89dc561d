"""What one step would do, for people to read before anything is done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preview:
    """One step of a migration as the operator sees it beforehand; holds no secret value."""

    step: str
    title: str
    observed: str
    intended: str
    command: str
    """What one would type for the same effect; empty where there is nothing to type."""
    undo: str
    """How it is undone; empty where it cannot be."""
    restarts: str
    """Which dynos it restarts; empty for none."""
    duration: str
