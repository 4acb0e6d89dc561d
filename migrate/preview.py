"""What people read before anything is done: what each strategy would cost, and what each step would do."""

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


@dataclass(frozen=True)
class Outlook:
    """One strategy, before anything is decided."""

    strategy: str
    obstacle: str
    """Why it is out of the question; empty where it is possible."""
    releases: int
    restarts: int
    """Of dynos, all releases together."""
    eager_seconds: int | None
    """Expected besides the drain; None where nothing is ever eager."""
    brokerless_seconds: int
    """Expected, in which no variable leads to a broker."""
    waits: str
    """What waits meanwhile, and for how long."""
    recommended: bool = False
