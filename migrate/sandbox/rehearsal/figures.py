"""What a migration cost an app, from the sandbox's own journal: releases, restarts, seconds without what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from migrate.sandbox.journal import EVENTS, read

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

Event = dict[str, Any]
Names = frozenset[str]

EAGER: Final = "CELERY_ALWAYS_EAGER"
INSTEAD_OF_A_BROKER_URL: Final = frozenset({"CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"})
"""Celery needs no other broker where it finds both of these in its environment."""
_ONE_OFF: Final = frozenset({"run", "release"})


@dataclass(frozen=True)
class Span:
    """A stretch of time, in seconds since 1970."""

    begin: float
    end: float


@dataclass(frozen=True)
class Figures:
    """Of one migration."""

    releases: int
    """Those that were made, failed ones too."""
    restarts: int
    """How often a dyno of the formation was started, after a release, a crash or having been scaled away."""
    eager_seconds: float
    """In which the live release asked for eager mode."""
    brokerless_seconds: float
    """In which the live release named no broker to the app."""
    seconds: float
    """From its begin to its end."""


def figures(events: Iterable[Event], app: str, span: Span, broker_variable: str) -> Figures:
    """Given the journal's events in order, an app, when its migration began and ended, return what that cost.

    `broker_variable` is the config var that the app itself reads its broker's URL from.
    """
    own = [item for item in events if item.get("app") == app]
    during = [item for item in own if span.begin <= item["time"] <= span.end]
    made = [item["version"] for item in during if (item["event"], item.get("status")) == ("release", "pending")]
    started = [item for item in during if item["event"] == "dyno started" and _is_of_the_formation(item["dyno"])]
    return Figures(
        releases=len(made),
        restarts=len(started),
        eager_seconds=_seconds(own, span, lambda names: EAGER in names),
        brokerless_seconds=_seconds(own, span, lambda names: not _has_broker(names, broker_variable)),
        seconds=span.end - span.begin,
    )


def measured(directory: Path, app: str, span: Span, broker_variable: str) -> Figures:
    """Given a sandbox's directory and the rest as for figures(), return the figures."""
    return figures(read(directory / EVENTS), app, span, broker_variable)


def line(cost: Figures) -> str:
    """Given figures, return them in one line."""
    return (
        f"migration: {cost.releases} releases, {cost.restarts} restarts of dynos, "
        f"{cost.eager_seconds:.1f} s eager, {cost.brokerless_seconds:.1f} s without a broker, "
        f"{cost.seconds:.1f} s in all"
    )


def _seconds(events: Iterable[Event], span: Span, holds: Callable[[Names], bool]) -> float:
    """Return how long, within the span, something held of the config vars of the live release."""
    live: list[tuple[float, Names]] = [
        (item["time"], frozenset(item["variables"])) for item in events if _goes_live(item)
    ]
    stretches = pairwise([*live, (span.end, frozenset[str]())])
    return sum(
        max(0.0, min(end, span.end) - max(begin, span.begin))
        for (begin, names), (end, _) in stretches
        if holds(names)
    )


def _goes_live(event: Event) -> bool:
    return bool(event["event"] == "release" and event["status"] == "succeeded")


def _has_broker(names: Collection[str], broker_variable: str) -> bool:
    return broker_variable in names or set(names) >= INSTEAD_OF_A_BROKER_URL


def _is_of_the_formation(dyno: str) -> bool:
    return dyno.partition(".")[0] not in _ONE_OFF
