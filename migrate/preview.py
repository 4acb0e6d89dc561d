"""What people read before anything is done: what each strategy would cost, and what each step would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence


class Preview(Struct, frozen=True):
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


class Found(Struct, frozen=True):
    """One thing that was found, for people."""

    name: str
    text: str


class Depth(Struct, frozen=True):
    """What is in one work queue, and what goes through it a second; None where the broker does not say."""

    queue: str
    ready: int
    unacknowledged: int
    published_per_second: float | None
    delivered_per_second: float | None


class Estimate(Struct, frozen=True):
    """How long it may take, from what was seen just now; None where it is not known, or does not come about."""

    drain_seconds: int | None
    eager_seconds: int | None
    """The drain included."""
    brokerless_seconds: int
    basis: str
    """What it rests on, or why it is not known."""


class Outlook(Struct, frozen=True):
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


def point_of_no_return(steps: Sequence[Preview]) -> str:
    """Given steps, return the name of the first that cannot be undone; empty where all can."""
    return next((step.step for step in steps if not step.undo), "")
