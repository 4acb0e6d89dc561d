"""How long an app was eager, and how long without a broker: from its record, and unknown where that does not say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from migrate.migration import BESIDE, EAGER_STRATEGIES
from migrate.report import telling
from migrate.report.story import Period
from migrate.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from migrate.report.story import Record

_TAKEN: Final[Mapping[str, Mapping[str, str]]] = {
    "documented": {"remove": "add"},
    **{strategy: {"reattach": "reattach", "reattach-back": "reattach-back"} for strategy in BESIDE},
}
"""By strategy: the step whose call takes the broker from the app, and the one that sees a broker live again."""
NO_RECORD: Final = "nothing is recorded of it"


@dataclass(frozen=True)
class Stretch:
    """How long something was so."""

    periods: tuple[Period, ...] = ()
    """When, as far as that is recorded."""
    seconds: float | None = 0.0
    """None where that is not known."""
    why: str = ""
    """Why it is not."""

    @property
    def is_over(self) -> bool:
        """Whether it is not so any more."""
        return all(period.is_over for period in self.periods)


@dataclass(frozen=True)
class Total:
    """The same of several apps together."""

    seconds: float
    """Of those of which it is known."""
    unknown: int
    """Of so many apps it is not."""
    is_over: bool


def total(stretches: Iterable[Stretch]) -> Total:
    """Given stretches, return them as one."""
    found = tuple(stretches)
    known = [item.seconds for item in found if item.seconds is not None]
    return Total(sum(known), len(found) - len(known), all(item.is_over for item in found))


def eager(record: Record, strategy: str, now: datetime, *, written: float | None, is_done: bool) -> Stretch:
    """Given the events of an app that has begun, return its eager window; ``written`` is what the store has of it."""
    if strategy not in EAGER_STRATEGIES:
        return Stretch()
    periods = tuple(telling.eager(record, now))
    if written is None:
        return _judged(periods, record, is_done=is_done)
    if len(periods) == 1 and periods[0].is_over:
        # As on the page about a migration: one figure for it, and that of the journal.
        periods = (replace(periods[0], counted=written),)
    return Stretch(periods, written)


def brokerless(record: Record, strategy: str, now: datetime, *, is_done: bool) -> Stretch:
    """Given the events of an app that has begun, return for how long it had no broker, at most.

    From the call that takes it away to the release that was seen live with one again.
    """
    if strategy not in _TAKEN:
        return Stretch()
    return _judged(tuple(_without(record, _TAKEN[strategy], now)), record, is_done=is_done)


def _without(record: Record, taken: Mapping[str, str], now: datetime) -> Iterator[Period]:
    since: datetime | None = None
    back = ""
    for item in record:
        step = item.body.get("step") or ""
        if item.type == "effect.requested" and step in taken and since is None:
            since, back = item.at, taken[step]
        elif item.type in {"release.live", "step.done"} and since is not None and step == back:
            yield Period(since, item.at, is_over=True)
            since = None
    if since is not None:
        yield Period(since, max(since, now), is_over=False)


def _judged(periods: tuple[Period, ...], record: Record, *, is_done: bool) -> Stretch:
    missing = sum((item.body.get("missing") or 0) for item in record if item.type == "record.incomplete")
    if not record:
        return Stretch((), None, NO_RECORD)
    if missing:
        return Stretch(periods, None, f"{counted(missing, 'event')} of its record are missing")
    if is_done and not periods:
        return Stretch((), None, "its record does not say")
    if is_done and not all(period.is_over for period in periods):
        return Stretch(periods, None, "its record does not say when that ended")
    return Stretch(periods, sum(period.seconds for period in periods))
