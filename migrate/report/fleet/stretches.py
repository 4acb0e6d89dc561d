"""How long an app was eager, and how long without a broker; unknown where its journal does not say.

The journal, because nothing of it is lost when a process is killed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from migrate.fleet.members import AppState
from migrate.migration import BESIDE
from migrate.report.story import Period
from migrate.steps.quiet_release import live
from migrate.store.journal import INTENT, NOTE, OUTCOME, RETRACTION, STEP_DONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from migrate.report.story import Record
    from migrate.store.records import Entry

_TAKEN: Final[Mapping[str, Mapping[str, str]]] = {
    "documented": {"remove": "add"},
    **{strategy: {"reattach-back": "reattach-back", "reattach": "reattach"} for strategy in BESIDE},
}
"""By strategy: how the effects are called that take the broker from the app, and the step that brings one."""
IN_DOUBT: Final = "the call that takes its broker away was sent, and what came of it is not known"
SILENT: Final = "its journal does not say"
ENDLESS: Final = "its journal does not say when that ended"


class Stretch(Struct, frozen=True):
    """How long something was so."""

    periods: tuple[Period, ...] = ()
    """When, as far as that is known."""
    seconds: float | None = 0.0
    """None where that is not known."""
    why: str = ""
    """Why it is not."""

    @property
    def is_over(self) -> bool:
        """Whether it is not so any more."""
        return all(period.is_over for period in self.periods)


class Total(Struct, frozen=True):
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


def eager(journal: Sequence[Entry], now: datetime, *, written: float | None, state: str) -> Stretch:
    """Given the journal of an app that was to be eager, return when it was; ``written``: its seconds in the store."""
    periods = tuple(_eager(journal, now))
    if written is None:
        return _judged(periods, state)
    known = _over(periods)
    if len(known) == 1:
        # As on the page about a migration: one figure for it.
        known = (replace(known[0], counted=written),)
    return Stretch(known, written)


def _eager(journal: Sequence[Entry], now: datetime) -> Iterator[Period]:
    since: datetime | None = None
    for entry in journal:
        if entry.kind == NOTE and entry.name == live("eager-on"):
            since = since or entry.at
        elif entry.kind == NOTE and entry.name in {live("eager-off"), live("eager-back")} and since is not None:
            yield Period(since, max(since, entry.at), is_over=True)
            since = None
    if since is not None:
        yield Period(since, max(since, now), is_over=False)


def brokerless(journal: Sequence[Entry], releases: Record, strategy: str, now: datetime, *, state: str) -> Stretch:
    """Given the journal of an app and the releases that were seen live, return how long it had no broker, at most.

    From the call that takes it away until one was seen with a broker again: a release, or where that is not recorded
    the end of the step that waits for it.
    """
    if strategy not in _TAKEN:
        return Stretch()
    seen = _Seen(_TAKEN[strategy], releases)
    for entry in journal:
        seen.read(entry)
    if seen.is_in_doubt:
        return Stretch(tuple(seen.periods), None, IN_DOUBT)
    return _judged(seen.until(now), state)


@dataclass
class _Seen:
    """When the broker was away, as far as lines were read."""

    taken: Mapping[str, str]
    releases: Record
    periods: list[Period] = field(default_factory=list)
    asked: datetime | None = None
    """When the call was about to be sent: it is not sent again unless the one before had no effect."""
    since: datetime | None = None
    """The same, once it is known to have had its effect."""
    back: str = ""

    @property
    def is_in_doubt(self) -> bool:
        return self.asked is not None and self.since is None

    def read(self, entry: Entry) -> None:
        if entry.kind == STEP_DONE and entry.name == self.back:
            self._end(entry.at)
        elif self.since is None and (taker := _taker(entry.name, self.taken)):
            self._take(entry, self.taken[taker])

    def until(self, now: datetime) -> tuple[Period, ...]:
        if self.since is not None and self._live(self.since):
            self._end(now)
        if self.since is None:
            return tuple(self.periods)
        return (*self.periods, Period(self.since, max(self.since, now), is_over=False))

    def _take(self, entry: Entry, back: str) -> None:
        if entry.kind == INTENT:
            self.asked, self.back = entry.at, back
        elif entry.kind == OUTCOME:
            self.since = self.asked
        elif entry.kind == RETRACTION and not entry.body.get("happened"):
            self.asked = None

    def _end(self, at: datetime) -> None:
        if self.asked is not None:
            self.periods.append(Period(self.asked, max(self.asked, min((at, *self._live(self.asked)))), is_over=True))
            self.asked = self.since = None

    def _live(self, since: datetime) -> list[datetime]:
        """Return when releases of that step were seen live since a moment."""
        return [item.at for item in self.releases if item.body.get("step") == self.back and item.at >= since]


def _taker(effect: str, taken: Mapping[str, str]) -> str:
    """Given the name of an effect, return what it takes the broker by; empty where it does not.

    Of a further name, or tried again, it is ``reattach-NAME`` or ``reattach:2`` (migrate/changes/moving.py).
    """
    whole = effect.partition(":")[0]
    return next((name for name in taken if whole == name or (name != "remove" and whole.startswith(f"{name}-"))), "")


def _over(periods: tuple[Period, ...]) -> tuple[Period, ...]:
    return tuple(period for period in periods if period.is_over)


def _judged(periods: tuple[Period, ...], state: str) -> Stretch:
    if state == AppState.DONE and not periods:
        return Stretch((), None, SILENT)
    if state in {AppState.DONE, AppState.ROLLED_BACK} and _over(periods) != periods:
        return Stretch(_over(periods), None, ENDLESS)
    return Stretch(periods, sum(period.seconds for period in periods))
