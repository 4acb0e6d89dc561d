"""How long web requests took before, in and after the eager window (or the migration), from the router's own log.

In eager mode a request takes as long as the tasks that it hands over; Heroku's router gives up on it
after 30 s (https://devcenter.heroku.com/articles/request-timeout), while the dyno goes on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from migrate.sandbox.journal import EVENTS, ROUTED, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_VARIABLE: Final = "CELERY_ALWAYS_EAGER"
_WORST: Final = 500


@dataclass(frozen=True)
class Routed:
    """One request as the router saw it."""

    time: float
    """When it came, in seconds since 1970."""
    seconds: float
    status: int
    code: str
    """Heroku's error code, such as H12; empty where a dyno answered."""


@dataclass(frozen=True)
class Phase:
    """The requests of one stretch of time; seconds are 0 where there were none."""

    name: str
    count: int
    median: float
    p95: float
    longest: float
    errors: Mapping[str, int]
    """How many ended with which router code, or with which status where the app itself answered 5xx."""


def routed(directory: Path, app: str) -> tuple[Routed, ...]:
    """Given a sandbox's directory and an app's name, return the app's requests in the order of their answers."""
    return tuple(
        Routed(item["time"], item["seconds"], item["status"], item["code"])
        for item in read(directory / ROUTED)
        if item["app"] == app
    )


def eager_window(directory: Path, app: str) -> tuple[float, float] | None:
    """Given a sandbox's directory, return when the app's eager mode was released and when it was ended.

    None where no pair of releases has changed the variable.
    """
    times = [
        item["time"]
        for item in read(directory / EVENTS)
        if item["event"] == "release"
        and item["app"] == app
        and item["status"] == "succeeded"
        and _VARIABLE in item["description"]
    ]
    return (times[0], times[-1]) if len(times) > 1 else None


def phases(requests: Sequence[Routed], window: tuple[float, float], name: str = "eager") -> tuple[Phase, ...]:
    """Given requests and a named window, return what they were like before, in and after it, by their start."""
    begin, end = window
    return (
        phase("before", [item for item in requests if item.time < begin]),
        phase(name, [item for item in requests if begin <= item.time < end]),
        phase("after", [item for item in requests if item.time >= end]),
    )


def phase(name: str, requests: Sequence[Routed]) -> Phase:
    """Given requests, return them counted and measured under a name."""
    seconds = sorted(item.seconds for item in requests)
    errors = Counter(item.code or str(item.status) for item in requests if item.code or item.status >= _WORST)
    if not seconds:
        return Phase(name, 0, 0.0, 0.0, 0.0, {})
    median, p95 = percentile(seconds, 0.5), percentile(seconds, 0.95)
    return Phase(name, len(seconds), median, p95, seconds[-1], dict(sorted(errors.items())))


def percentile(ordered: Sequence[float], share: float) -> float:
    """Given ordered values, return the smallest that is no less than that share of them."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def lines(measured: Iterable[Phase]) -> list[str]:
    """Given phases, return a line for each, with durations in milliseconds."""
    return [f"requests {item.name + ':':8}{_figures(item)}" for item in measured]


def _figures(measured: Phase) -> str:
    if not measured.count:
        return "none"
    times = (
        f"p50 {1000 * measured.median:.0f} ms, p95 {1000 * measured.p95:.0f} ms, "
        f"longest {1000 * measured.longest:.0f} ms"
    )
    errors = ", ".join(f"{number} x {code}" for code, number in measured.errors.items())
    return f"{measured.count:5}  {times}; {errors or 'no errors'}"
